/** LoadBalancer ports that could not be bound as asked (below 1024 for an ordinary user, say), and where they answer instead. */
import { readFileSync } from "node:fs";
import { ClusterState, clusterNames, homeFolder } from "../daemon/clusterState.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Asked address to the one in use, of one cluster; an empty text: nowhere. */
export function movedPorts(state: ClusterState): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(state.path("run", "moved-ports.json"), "utf8")) as Record<string, string>;
  } catch {
    return {};
  }
}

/** The URL with the host and port that answer for it, looked up among all of this user's clusters. */
export function reachableUrl(url: URL, env: Env): URL {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  for (const name of clusterNames(env)) {
    const moved = movedPorts(new ClusterState(homeFolder(env), name))[`${url.hostname}:${port}`];
    if (moved === undefined || moved === "") continue;
    const there = new URL(url);
    there.host = moved;
    return there;
  }
  return url;
}
