/**
 * `kubectl proxy`, also of connections that are upgraded. Left out: --keepalive, the pause between the system's probes of such connections.
 * Upstream: kubectl/pkg/cmd/proxy/proxy.go, kubectl/pkg/proxy/proxy_server.go
 */
import type { Api } from "../api.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { ExitError, KubectlError, textOf } from "../errors.ts";
import { bool, duration, int, text } from "../flags.ts";
import type { LocalAnswer, LocalRequest } from "../host.ts";
import { plain, servedFile } from "../streaming/servedFiles.ts";
import { expressions, isAccepted, meantBy, type ProxyFilter, withSlash } from "../streaming/proxyRules.ts";

const defaultPort = 8001;

const flagTable = {
  "accept-hosts": text({ initial: "^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$" }),
  "accept-paths": text({ initial: "^.*" }),
  address: text({ initial: "127.0.0.1" }),
  "api-prefix": text({ initial: "/" }),
  "append-server-path": bool(),
  "disable-filter": bool(),
  keepalive: duration(),
  port: int({ short: "p", initial: defaultPort }),
  "reject-methods": text({ initial: "^$" }),
  "reject-paths": text({ initial: "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach" }),
  "unix-socket": text({ short: "u" }),
  www: text({ short: "w" }),
  "www-prefix": text({ short: "P", initial: "/static/" }),
};

type ProxyCall = Call<typeof flagTable>;

export const proxy: Verb = verb({
  name: "proxy",
  flags: flagTable,
  async run(call) {
    const { flags, session } = call;
    using api = await proxiedApi(call);
    const filter = flags["disable-filter"] ? undefined : filterOf(flags);
    if (flags.port !== defaultPort && flags["unix-socket"] !== "")
      throw new KubectlError("cannot set --unix-socket and --port at the same time");
    const where = flags["unix-socket"] === "" ? { address: flags.address, port: flags.port } : { path: flags["unix-socket"] };
    if ("port" in where && (where.port < 0 || where.port > 65_535))
      throw new KubectlError(`listen tcp: address ${where.port}: invalid port`);
    const listener = await session.host.serve(where, (request) => answer(call, api, filter, request));
    session.out(`Starting to serve on ${listener.address}\n`);
    await listener.over(session.host.signal);
    // Only the user ends it, as upstream by its signal.
    throw new ExitError(130);
  },
});

/** Without --append-server-path a path of the server's own isn't put in front of those asked for. */
async function proxiedApi({ flags, session }: ProxyCall): Promise<Api & Disposable> {
  const config = await session.config();
  const own = await session.api();
  const { pathname, origin } = new URL(own.server);
  const isDropped = pathname !== "/" && !flags["append-server-path"];
  const api = isDropped ? await session.apiOf({ ...config, cluster: { ...config.cluster, server: origin } }) : own;
  if (isDropped) {
    session.err(
      `Warning: Your kube context contains a server path ${pathname}, use --append-server-path to automatically append the path to each request\n`,
    );
  }
  return { ...api, [Symbol.dispose]: () => api.close() };
}

function filterOf(flags: ProxyCall["flags"]): ProxyFilter {
  return {
    acceptPaths: expressions(flags["accept-paths"]),
    rejectPaths: expressions(flags["reject-paths"]),
    acceptHosts: expressions(flags["accept-hosts"]),
    rejectMethods: expressions(flags["reject-methods"]),
  };
}

async function answer(call: ProxyCall, api: Api, filter: ProxyFilter | undefined, request: LocalRequest): Promise<LocalAnswer> {
  const { flags } = call;
  const [path = "", query] = request.url.split("?");
  const prefixes = { api: withSlash(flags["api-prefix"]), files: flags.www === "" ? undefined : withSlash(flags["www-prefix"]) };
  const meant = meantBy(decodeURI(path), prefixes);
  if (meant.form === "nothing") return plain(404, "404 page not found");
  if (meant.form === "file") return await servedFile(call.session.host.files, flags.www, meant.path);
  if (filter !== undefined && !isAccepted(filter, { method: request.method, path: meant.path, host: request.headers["host"] ?? "" }))
    return plain(403, "Forbidden");
  try {
    return await api.pass({ ...request, url: `${encodeURI(meant.path)}${query === undefined ? "" : `?${query}`}` });
  } catch (error) {
    return plain(500, textOf(error));
  }
}
