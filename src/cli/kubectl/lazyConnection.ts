/** Loads the network's modules with the first request: many a command line needs none. Clusters of our own are asked over their Unix socket. */
import type { ApiRequest } from "../../machinery/http.ts";
import type { Connection, ConnectionTarget } from "../../kubectl/host.ts";

type Env = Readonly<Record<string, string | undefined>>;

export function lazyConnection(target: ConnectionTarget, env: Env): Connection {
  let made: Promise<Connection> | undefined;
  const open = (): Promise<Connection> => (made ??= openConnection(target, env));
  return {
    transport: async (request) => await (await open()).transport(request),
    upgrade: async (request, protocols) => await (await open()).upgrade(request, protocols),
    forward: async (request) => await (await open()).forward(request),
    close: () => void made?.then((connection) => connection.close()),
  };
}

async function openConnection(target: ConnectionTarget, env: Env): Promise<Connection> {
  const { ownCluster } = await import("./ownCluster.ts");
  const own = ownCluster(target, env);
  let usual: Promise<Connection> | undefined;
  const other = (): Promise<Connection> => (usual ??= import("./connection.ts").then(({ nodeConnection }) => nodeConnection(target, env)));
  if (own === undefined) return await other();
  return {
    transport: async (request) => await (namesNobody(request) ? own : await other()).transport(request),
    upgrade: async (request, protocols) => await (await other()).upgrade(request, protocols),
    forward: async (request) => await (await other()).forward(request),
    close() {
      own.close();
      void usual?.then((connection) => connection.close());
    },
  };
}

/** Then it is the connection's certificate that says who asks. */
function namesNobody(request: ApiRequest): boolean {
  return request.headers["authorization"] === undefined;
}
