/** Which server and which location a request belongs to. Upstream: nginx's documentation of `server_name` and `location` */
import type { Location, VirtualServer } from "./settings.ts";

/** `host` without port. The first of those given (or the default one) serves what no name matches. */
export function serverFor(servers: readonly VirtualServer[], host: string, defaultServer: VirtualServer): VirtualServer {
  const name = host.toLowerCase().replace(/\.$/, "");
  const exact = servers.find((server) => server.names.includes(name));
  if (exact !== undefined) return exact;
  const byLength = (matches: (pattern: string) => boolean): VirtualServer | undefined => {
    let best: { server: VirtualServer; length: number } | undefined;
    for (const server of servers) {
      for (const pattern of server.names) {
        if (matches(pattern) && pattern.length > (best?.length ?? 0)) best = { server, length: pattern.length };
      }
    }
    return best?.server;
  };
  return (
    byLength((pattern) =>
      pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : pattern.startsWith(".") && `.${name}`.endsWith(pattern),
    ) ??
    byLength((pattern) => pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -1))) ??
    servers.find((server) => server.names.some((pattern) => pattern.startsWith("~") && matchesRegex(pattern, name))) ??
    defaultServer
  );
}

function matchesRegex(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern.slice(1), "i").test(name);
  } catch {
    return false;
  }
}

export function locationFor(locations: readonly Location[], path: string): Location | undefined {
  let longest: Location | undefined;
  for (const location of locations) {
    if (location.match === "exact" && location.path === path) return location;
    if (location.match !== "prefix" && location.match !== "prefixFirst") continue;
    if (path.startsWith(location.path) && location.path.length > (longest?.path.length ?? -1)) longest = location;
  }
  if (longest?.match === "prefixFirst") return longest;
  return locations.find((location) => location.match === "regex" && location.pattern?.test(path) === true) ?? longest;
}
