/**
 * Names and passwords for registries: out of pull secrets (texts of docker configurations), then out of this machine's ~/.docker/config.json with its
 * helper programs. Which entry fits a repository is told as the kubelet tells it: by host with wildcards and by the path's beginning, the longest first.
 * Upstream: pkg/credentialprovider/keyring.go
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Reference } from "./reference.ts";

export interface Credential {
  readonly username: string;
  readonly password: string;
  /** To be exchanged for a token in place of a password. */
  readonly identityToken?: string | undefined;
}

interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}
interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

const helperTimeoutMs = 10_000;

/** All that fit, the best first; texts that are no docker configuration are passed over. */
export async function credentialsFor(reference: Reference, secrets: readonly string[], machine: MachineCredentials): Promise<Credential[]> {
  const found = secrets.flatMap((text) => fitting(reference, entriesOf(text)));
  return [...found, ...(await machine(reference))];
}

/** What the machine's own user may pull. */
export type MachineCredentials = (reference: Reference) => Promise<readonly Credential[]>;

/** `env`: DOCKER_CONFIG or HOME tells where, PATH where helpers are. */
export function dockerConfigCredentials(env: Readonly<Record<string, string | undefined>>): MachineCredentials {
  const folder = env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? "/nonexistent", ".docker");
  return async (reference) => {
    let config: DockerConfig;
    try {
      config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as DockerConfig;
    } catch {
      return [];
    }
    const server = serverKey(reference.host);
    const helper = config.credHelpers?.[reference.host] ?? config.credHelpers?.[server] ?? config.credsStore;
    const helped = helper === undefined ? undefined : await askHelper(helper, server, env);
    return [...(helped === undefined ? [] : [helped]), ...fitting(reference, config.auths ?? {})];
  };
}

/** A docker configuration, or the older form without "auths". */
function entriesOf(text: string): Readonly<Record<string, AuthEntry>> {
  try {
    const config = JSON.parse(text) as DockerConfig | null;
    return config?.auths ?? ((config ?? {}) as Readonly<Record<string, AuthEntry>>);
  } catch {
    return {};
  }
}

function fitting({ host, repository }: Reference, entries: Readonly<Record<string, AuthEntry>>): Credential[] {
  return Object.entries(entries)
    .map(([key, entry]) => ({ key: normalKey(key), credential: credentialOf(entry) }))
    .filter(({ key }) => fits(key, host, repository))
    .sort((a, b) => b.key.length - a.key.length)
    .flatMap(({ credential }) => credential ?? []);
}

/** `https://index.docker.io/v1/` is docker.io; a scheme and an API version don't count. */
function normalKey(key: string): string {
  const bare = key
    .replace(/^https?:\/\//, "")
    .replace(/\/v[12]\/?$/, "")
    .replace(/\/+$/, "");
  return bare.replace(/^(index|registry-1)\.docker\.io/, "docker.io");
}

function fits(key: string, host: string, repository: string): boolean {
  const slash = key.indexOf("/");
  const path = slash < 0 ? "" : key.slice(slash + 1);
  const [wantedHost = "", wantedPort] = (slash < 0 ? key : key.slice(0, slash)).split(":");
  const [name = "", port] = host.split(":");
  const labels = name.split(".");
  const patterns = wantedHost.split(".");
  const hostFits =
    wantedPort === port && labels.length === patterns.length && patterns.every((pattern, at) => globFits(pattern, labels[at] ?? ""));
  return hostFits && (path === "" || repository === path || repository.startsWith(`${path}/`));
}

function globFits(pattern: string, text: string): boolean {
  const form = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", "[^.]*")
    .replaceAll("?", "[^.]");
  return new RegExp(`^${form}$`).test(text);
}

function credentialOf({ auth, username, password, identitytoken }: AuthEntry): Credential | undefined {
  const decoded = auth === undefined ? "" : Buffer.from(auth, "base64").toString();
  const colon = decoded.indexOf(":");
  const name = colon < 0 ? (username ?? "") : decoded.slice(0, colon);
  const word = colon < 0 ? (password ?? "") : decoded.slice(colon + 1);
  if (name === "" && word === "" && identitytoken === undefined) return undefined;
  return { username: name, password: word, identityToken: identitytoken };
}

function serverKey(host: string): string {
  return host === "docker.io" ? "https://index.docker.io/v1/" : host;
}

/** A helper that fails or knows nothing is no credential. */
function askHelper(helper: string, server: string, env: Readonly<Record<string, string | undefined>>): Promise<Credential | undefined> {
  if (!/^[\w.-]+$/.test(helper)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const child = spawn(`docker-credential-${helper}`, ["get"], {
      env: { ...env },
      stdio: ["pipe", "pipe", "ignore"],
      timeout: helperTimeoutMs,
    });
    let text = "";
    child.stdout.on("data", (data: Buffer) => (text += data.toString()));
    child.stdin.on("error", () => undefined);
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => resolve(code === 0 ? helperAnswer(text) : undefined));
    child.stdin.end(server);
  });
}

function helperAnswer(text: string): Credential | undefined {
  try {
    const { Username: username = "", Secret: password = "" } = JSON.parse(text) as { Username?: string; Secret?: string };
    return username === "<token>" ? { username: "", password: "", identityToken: password } : { username, password };
  } catch {
    return undefined;
  }
}
