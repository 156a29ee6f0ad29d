/**
 * From a resolved kubeconfig to a connection: certificates out of files or fields, and the headers that say who asks.
 * Upstream: client-go/transport/round_trippers.go
 */
import { KubectlError } from "../errors.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { ConnectError, type Connection, type ConnectionTarget, type KubectlHost } from "../host.ts";
import type { ResolvedConfig } from "./clientConfig.ts";
import type { ExecPlugin, KubeCluster, KubeUser } from "./model.ts";
import { allowAll, type PluginPolicy } from "../preferences/model.ts";
import { proxyOfEnvironment } from "./proxies.ts";
import { checkPlugin, execCredentials, type ExecCredentials } from "./execPlugin.ts";

export interface Access {
  /** `https://host:port` and what path stands behind it; without a trailing slash. */
  readonly server: string;
  /** Asked before each request; runs a credential plug-in where there is one. */
  headers(): Promise<Readonly<Record<string, string>>>;
  connection(): Promise<Connection>;
  readonly timeoutMs: number;
}

/** `policy`: which credential plug-ins may run. */
export async function accessOf(
  found: ResolvedConfig,
  host: KubectlHost,
  timeoutMs: number,
  policy: PluginPolicy = allowAll,
): Promise<Access> {
  const server = serverUrl(found.cluster.server ?? "");
  const secure = server.startsWith("https:");
  const config = secure && namesNobody(found.user) ? { ...found, user: { ...found.user, ...(await askedUser(host)) } } : found;
  const { cluster, user } = config;
  const target = await targetOf(config, server, host);
  const keyProblem = checkedMaterial(target, user);
  const fixed = { ...impersonation(config), ...(secure ? await authorization(config, host) : {}) };
  const usesPlugin = (user.exec ?? undefined) !== undefined && fixed["authorization"] === undefined && target.cert === undefined;
  const plugin = usesPlugin && user.exec !== undefined ? new Plugin(user.exec, cluster, host, policy) : undefined;
  let connection: Promise<Connection> | undefined;
  const connect = async (): Promise<Connection> => {
    const extra = await plugin?.credentials();
    return host.connect(extra?.cert === undefined ? target : { ...target, cert: extra.cert, key: extra.key });
  };
  return {
    server,
    timeoutMs,
    async headers() {
      const token = (await plugin?.credentials())?.token;
      return token === undefined ? fixed : { ...fixed, authorization: `Bearer ${token}` };
    },
    async connection() {
      if (keyProblem !== undefined) throw new ConnectError(keyProblem);
      // Requests that start together share it.
      return await (connection ??= connect());
    },
  };
}

async function targetOf({ cluster, user }: ResolvedConfig, server: string, host: KubectlHost): Promise<ConnectionTarget> {
  const target = {
    server,
    insecure: cluster["insecure-skip-tls-verify"] === true,
    serverName: emptyAsAbsent(cluster["tls-server-name"]),
    proxyUrl: emptyAsAbsent(cluster["proxy-url"]) ?? proxyOfEnvironment(server, host.env),
  };
  if (!server.startsWith("https:")) return target;
  return {
    ...target,
    ca: await material(cluster["certificate-authority-data"], cluster["certificate-authority"], host),
    cert: await material(user["client-certificate-data"], user["client-certificate"], host),
    key: await material(user["client-key-data"], user["client-key"], host),
  };
}

/** A credential plug-in's answer, asked for anew when it has expired. */
class Plugin {
  private readonly exec: ExecPlugin;
  private readonly cluster: KubeCluster;
  private readonly host: KubectlHost;
  private readonly policy: PluginPolicy;
  private answer: Promise<ExecCredentials> | undefined;

  constructor(exec: ExecPlugin, cluster: KubeCluster, host: KubectlHost, policy: PluginPolicy) {
    checkPlugin(exec);
    this.exec = exec;
    this.cluster = cluster;
    this.host = host;
    this.policy = policy;
  }

  async credentials(): Promise<ExecCredentials> {
    const asked = (this.answer ??= this.ask());
    const { expiresAt } = await asked;
    const expired = expiresAt !== undefined && expiresAt < this.host.clock.now();
    // Whoever notices first asks anew.
    if (expired && this.answer === asked) this.answer = this.ask();
    return await this.answer;
  }

  private ask(): Promise<ExecCredentials> {
    return execCredentials(this.exec, this.cluster, this.host, this.policy);
  }
}

function namesNobody(user: KubeUser): boolean {
  const given = [user.username, user.token, user.tokenFile, user["client-certificate"], user["client-certificate-data"]];
  return given.every((text) => (text ?? "") === "") && (user.exec ?? undefined) === undefined;
}

/** A user of whom nothing is known is asked for a name. */
async function askedUser({ out, input }: KubectlHost): Promise<KubeUser> {
  const ask = async (what: string): Promise<string> => {
    out.write(`Please enter ${what}: `);
    const answer = await input.readLine();
    if (answer === undefined) throw new KubectlError("EOF");
    return answer;
  };
  return { username: await ask("Username"), password: await ask("Password") };
}

function emptyAsAbsent(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** `localhost:8080` means http there, as upstream has it. */
function serverUrl(server: string): string {
  const url = server.includes("://") ? server : `http://${server}`;
  if (!URL.canParse(url)) {
    throw new KubectlError(`host must be a URL or a host:port pair: ${goQuote(server)}`);
  }
  return url.replace(/\/+$/, "");
}

async function material(data: string | undefined, path: string | undefined, host: KubectlHost): Promise<string | undefined> {
  if (data !== undefined && data !== "") return atob(data);
  if (path === undefined || path === "") return undefined;
  return new TextDecoder().decode(await host.files.read(path));
}

function isPem(text: string): boolean {
  return /-----BEGIN [A-Z ]+-----/.test(text);
}

/** Refuses what can't be used; gives the problem that is found out only when a connection is made: files are read again for each. */
function checkedMaterial({ ca, cert, key, insecure }: ConnectionTarget, user: KubeUser): string | undefined {
  if (insecure && ca !== undefined) throw new KubectlError("specifying a root certificates file with the insecure flag is not allowed");
  if (ca !== undefined && !isPem(ca)) throw new KubectlError("unable to load root certificates: unable to parse bytes as PEM block");
  const problem = certificateProblem(cert, key);
  const reloads = [user["client-certificate-data"], user["client-key-data"]].every((data) => (data ?? "") === "");
  if (problem !== undefined && !reloads) throw new KubectlError(problem);
  return problem;
}

function certificateProblem(cert: string | undefined, key: string | undefined): string | undefined {
  if (cert === undefined) return undefined;
  if (!isPem(cert)) return "tls: failed to find any PEM data in certificate input";
  return key === undefined || isPem(key) ? undefined : "tls: failed to find any PEM data in key input";
}

function impersonation({ user }: ResolvedConfig): Record<string, string> {
  if (user.as === undefined || user.as === "") return {};
  const headers: Record<string, string> = { "impersonate-user": user.as };
  if ((user["as-uid"] ?? "") !== "") headers["impersonate-uid"] = user["as-uid"] ?? "";
  // Several groups travel as several headers of one name; hosts split at line breaks, which no header value holds.
  if ((user["as-groups"] ?? []).length > 0) headers["impersonate-group"] = (user["as-groups"] ?? []).join("\n");
  for (const [key, values] of Object.entries(user["as-user-extra"] ?? {})) {
    headers[`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`] = values.join("\n");
  }
  return headers;
}

async function authorization({ user }: ResolvedConfig, host: KubectlHost): Promise<Record<string, string>> {
  const given = user.token ?? "";
  if ((user.tokenFile ?? "") !== "") {
    try {
      const token = new TextDecoder().decode(await host.files.read(user.tokenFile ?? "")).trim();
      return { authorization: `Bearer ${token}` };
    } catch (error) {
      if (given === "") throw error;
    }
  }
  if (given !== "") return { authorization: `Bearer ${given}` };
  if ((user.username ?? "") !== "" || (user.password ?? "") !== "") {
    return { authorization: `Basic ${btoa(`${user.username ?? ""}:${user.password ?? ""}`)}` };
  }
  return {};
}
