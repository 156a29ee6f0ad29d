/** Reads, checks and resolves a whole configuration: all that nginx does before it says "syntax is ok". */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { buildConfig } from "./buildConfig.ts";
import { ConfigError, type Directive, parseConfig, readConfig } from "./configTree.ts";
import { Engine } from "./engine.ts";
import { type Site, sitesOf } from "./listeners.ts";
import { Peers } from "./peers.ts";
import type { NginxConfig, Upstream, UpstreamServer } from "./settings.ts";
import { unknownVariable } from "./variables.ts";

export interface Loaded {
  readonly config: NginxConfig;
  readonly sites: readonly Site[];
  readonly engine: Engine;
}

export interface LoadOptions {
  readonly file: string;
  /** Directives of `-g`. */
  readonly global: string;
  readonly version: string;
}

/** Only the tree: what `-s` needs to find the pid file. */
export function loadTree(options: Pick<LoadOptions, "file" | "global">): NginxConfig {
  const tree = readConfig(options.file);
  checkVariables(tree);
  return buildConfig([...parseConfig(options.global, "command line"), ...tree]);
}

export async function load(options: LoadOptions): Promise<Loaded> {
  const config = loadTree(options);
  const upstreams = new Set<Upstream>(config.upstreams);
  for (const server of config.servers) {
    for (const { answer } of [...server.locations, server]) if (answer?.kind === "proxy") upstreams.add(answer.target.upstream);
  }
  const peers = new Map<Upstream, Peers>();
  for (const upstream of upstreams) peers.set(upstream, new Peers(upstream, await resolve(upstream)));
  return { config, sites: sitesOf(config), engine: new Engine(config, peers, options.version) };
}

async function resolve(upstream: Upstream): Promise<ReadonlyMap<UpstreamServer, readonly string[]>> {
  const addresses = new Map<UpstreamServer, readonly string[]>();
  for (const server of upstream.servers) {
    if (isIP(server.host) !== 0) {
      addresses.set(server, [server.host]);
      continue;
    }
    const found = await lookup(server.host, { all: true, family: 4 }).catch(() => []);
    if (found.length === 0) throw new ConfigError(`host not found in upstream "${written(server)}"`, server);
    addresses.set(
      server,
      found.map(({ address }) => address),
    );
  }
  return addresses;
}

/** As people wrote it: without a port that is the default. */
function written({ host, port }: UpstreamServer): string {
  return port === 80 || port === 443 ? host : `${host}:${port}`;
}

const withVariables = new Set(["log_format", "proxy_set_header", "add_header", "return", "try_files", "root", "alias"]);

function checkVariables(directives: readonly Directive[]): void {
  for (const directive of directives) {
    const unknown = withVariables.has(directive.name) ? directive.args.map(unknownVariable).find((name) => name !== undefined) : undefined;
    if (unknown !== undefined) throw new ConfigError(`unknown "${unknown}" variable`, directive);
    if (directive.block !== undefined && directive.name !== "types") checkVariables(directive.block);
  }
}
