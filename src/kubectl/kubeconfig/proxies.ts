/**
 * Which proxy a server is reached through: the cluster's own, or what the environment says, as Go reads it.
 * Upstream: client-go/tools/clientcmd/client_config.go
 */
import { environmentProxyText, type ProxyEnvironment } from "../../base/environmentProxy.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

/** undefined: directly. */
export function proxyOfEnvironment(server: string, env: ProxyEnvironment): string | undefined {
  return environmentProxyText(new URL(server), env);
}

/** The reason why a kubeconfig's `proxy-url` can't be used. */
export function proxyProblem(proxyUrl: string): string | undefined {
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):/i.exec(proxyUrl) ?? [];
  if (["http", "https", "socks5"].includes(scheme.toLowerCase())) return undefined;
  return `unsupported scheme ${goQuote(scheme)}, must be http, https, or socks5`;
}
