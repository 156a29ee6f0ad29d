/**
 * From a resolved kubeconfig to a connection: certificates out of files or fields, and the headers that say who asks.
 * Upstream: client-go/transport/round_trippers.go
 */
import { KubectlError } from "../errors.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Connection, ConnectionTarget, KubectlHost } from "../host.ts";
import type { ResolvedConfig } from "./clientConfig.ts";
import { execCredentials, type ExecCredentials } from "./execPlugin.ts";

export interface Access {
  /** `https://host:port` and what path stands behind it; without a trailing slash. */
  readonly server: string;
  /** Asked before each request; runs a credential plug-in where there is one. */
  headers(): Promise<Readonly<Record<string, string>>>;
  connection(): Promise<Connection>;
  readonly timeoutMs: number;
}

export async function accessOf(config: ResolvedConfig, host: KubectlHost, timeoutMs: number): Promise<Access> {
  const { cluster, user } = config;
  const server = serverUrl(cluster.server ?? "");
  const secure = server.startsWith("https:");
  const insecure = cluster["insecure-skip-tls-verify"] === true;
  const target: ConnectionTarget = {
    server,
    insecure,
    serverName: emptyAsAbsent(cluster["tls-server-name"]),
    proxyUrl: emptyAsAbsent(cluster["proxy-url"]),
    ...(secure
      ? {
          ca: await material(cluster["certificate-authority-data"], cluster["certificate-authority"], host),
          cert: await material(user["client-certificate-data"], user["client-certificate"], host),
          key: await material(user["client-key-data"], user["client-key"], host),
        }
      : {}),
  };
  if (secure) checkMaterial(target);
  const fixed = { ...impersonation(config), ...(secure ? await authorization(config, host) : {}) };
  const usesPlugin = user.exec !== undefined && user.exec !== null && fixed["authorization"] === undefined && target.cert === undefined;
  let plugin: ExecCredentials | undefined;
  const pluginCredentials = async (): Promise<ExecCredentials> => {
    if (plugin === undefined || (plugin.expiresAt !== undefined && plugin.expiresAt < host.clock.now())) {
      if (user.exec === undefined) throw new KubectlError("no credential plug-in");
      plugin = await execCredentials(user.exec, cluster, host);
    }
    return plugin;
  };
  let connection: Connection | undefined;
  return {
    server,
    timeoutMs,
    async headers() {
      if (!usesPlugin) return fixed;
      const { token } = await pluginCredentials();
      return token === undefined ? fixed : { ...fixed, authorization: `Bearer ${token}` };
    },
    async connection() {
      if (connection === undefined) {
        const extra = usesPlugin ? await pluginCredentials() : undefined;
        connection = host.connect(extra?.cert === undefined ? target : { ...target, cert: extra.cert, key: extra.key });
      }
      return connection;
    },
  };
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

function checkMaterial({ ca, cert, key, insecure }: ConnectionTarget): void {
  const isPem = (text: string): boolean => /-----BEGIN [A-Z ]+-----/.test(text);
  if (insecure && ca !== undefined) throw new KubectlError("specifying a root certificates file with the insecure flag is not allowed");
  if (ca !== undefined && !isPem(ca)) throw new KubectlError("unable to load root certificates: unable to parse bytes as PEM block");
  if (cert !== undefined && !isPem(cert)) throw new KubectlError("tls: failed to find any PEM data in certificate input");
  if (cert !== undefined && key !== undefined && !isPem(key)) throw new KubectlError("tls: failed to find any PEM data in key input");
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
  if ((user.token ?? "") !== "") return { authorization: `Bearer ${user.token}` };
  if ((user.tokenFile ?? "") !== "") {
    const token = new TextDecoder().decode(await host.files.read(user.tokenFile ?? "")).trim();
    return { authorization: `Bearer ${token}` };
  }
  if ((user.username ?? "") !== "" || (user.password ?? "") !== "") {
    return { authorization: `Basic ${btoa(`${user.username ?? ""}:${user.password ?? ""}`)}` };
  }
  return {};
}
