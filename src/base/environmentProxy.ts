/**
 * Which proxy the environment gives for a URL: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not. This machine is never asked through one.
 * Upstream: golang.org/x/net/http/httpproxy/proxy.go
 */
import { parseIPv4 } from "./ipv4.ts";
import { parseIPv6 } from "./ipv6.ts";
import { withoutBrackets } from "./urlHost.ts";

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** As it is written there, with `http://` where it has no scheme; undefined: directly. */
export function environmentProxyText(url: URL, env: ProxyEnvironment): string | undefined {
  const set = (name: string): string => [env[name.toUpperCase()], env[name]].find((value) => (value ?? "") !== "") ?? "";
  const secure = url.protocol === "https:";
  // A server that is asked through CGI gets its clients' "Proxy:" header as HTTP_PROXY: not to be believed.
  const proxy = secure ? set("https_proxy") : env["REQUEST_METHOD"] === undefined ? set("http_proxy") : "";
  if (proxy === "" || isDirect(url, set("no_proxy"))) return undefined;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isDirect(url: URL, exceptions: string): boolean {
  const host = withoutBrackets(url.hostname).toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (host === "localhost" || host === "::1" || inNetwork(host, "127.0.0.0/8")) return true;
  return exceptions
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && excepts(entry, host, port));
}

/** `*`, a network, or a host with what is below it, each host perhaps with a port. */
function excepts(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return inNetwork(host, entry);
  const [, name = entry, wantedPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const domain = withoutBrackets(name.replace(/^\*\./, "."));
  const address = addressBits(host);
  if (address !== undefined) return address === addressBits(domain);
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function inNetwork(host: string, network: string): boolean {
  const [base = "", lengthText = "", ...more] = network.split("/");
  const [address, first] = [addressBits(host), addressBits(base)];
  const length = Number(lengthText) + (parseIPv4(base) === undefined ? 0 : mappedBits.length);
  if (address === undefined || first === undefined || !/^\d{1,3}$/.test(lengthText) || length > 128 || more.length > 0) return false;
  const start = first.slice(0, length);
  return address.startsWith(start) && isIPv4(address) === isIPv4(start);
}

/** `::ffff:0:0/96`, where IPv4 stands in IPv6: `::ffff:10.0.0.1` is the host 10.0.0.1, and in no network of IPv6. */
const mappedBits = "0".repeat(80) + "1".repeat(16);
const isIPv4 = (bits: string): boolean => bits.startsWith(mappedBits);

/** An address's 128 digits; undefined: it is a name. */
function addressBits(text: string): string | undefined {
  const short = parseIPv4(text);
  if (short !== undefined) return mappedBits + short.toString(2).padStart(32, "0");
  return parseIPv6(text)
    ?.map((group) => group.toString(2).padStart(16, "0"))
    .join("");
}
