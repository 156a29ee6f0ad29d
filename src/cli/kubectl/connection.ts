/**
 * kubectl's way to an API server from Node: http or https, through a proxy where one is named, and WebSockets for exec and its kin.
 * Errors are worded as Go words them, because people search for those words.
 */
import { type Connection, type ConnectionTarget, ConnectError } from "../../kubectl/host.ts";
import type { ClosableTransport } from "../../host-node/closableTransport.ts";
import { asConnectError } from "./connectError.ts";
import type { ApiRequest } from "../../machinery/http.ts";

export function nodeConnection(target: ConnectionTarget): Connection {
  let made: Promise<ClosableTransport> | undefined;
  const url = new URL(target.server);
  return {
    async transport(request) {
      if (!/^https?:$/.test(url.protocol))
        throw new ConnectError(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
      try {
        return await (await (made ??= opened(url, target))).transport(splitHeaders(request));
      } catch (error) {
        throw asConnectError(error, target);
      }
    },
    upgrade: async (request, protocols) => await (await import("./upgrade.ts")).upgrade(target, splitHeaders(request), protocols),
    forward: async (request) => await (await import("./portTunnel.ts")).portTunnel(target, splitHeaders(request)),
    close: () => void made?.then(({ close }) => close()),
  };
}

/** Loads no more of the network's modules than this way needs. */
async function opened({ protocol }: URL, target: ConnectionTarget): Promise<ClosableTransport> {
  return protocol === "http:"
    ? (await import("../../host-node/plainTransports.ts")).plainTransport(target.server, target.proxyUrl)
    : (await import("../../host-node/transports.ts")).tlsTransport(target);
}

/** A header of several values travels as lines of one text. */
function splitHeaders(request: ApiRequest): ApiRequest {
  const several = Object.entries(request.headers).filter(([, value]) => value?.includes("\n") === true);
  if (several.length === 0) return request;
  const split = Object.fromEntries(several.map(([name, value]) => [name, value?.split("\n")]));
  return { ...request, headers: { ...request.headers, ...(split as unknown as ApiRequest["headers"]) } };
}
