/** Listening sockets on this machine, for port-forward. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { byteStream } from "../../host-node/byteStream.ts";
import type { KubectlHost } from "../../kubectl/host.ts";
import { KubectlError } from "../../kubectl/errors.ts";

export const nodeListen: KubectlHost["listen"] = async (address, port, onConnection) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    onConnection(byteStream(socket));
  });
  server.listen({ port, host: address, ipv6Only: address.includes(":") });
  try {
    await once(server, "listening");
  } catch (error) {
    throw listenProblem(error, `${address.includes(":") ? `tcp6 [${address}]` : `tcp4 ${address}`}:${port}`);
  }
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
};

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "bind: address already in use",
  EACCES: "bind: permission denied",
  EADDRNOTAVAIL: "bind: cannot assign requested address",
  ENOENT: "bind: no such file or directory",
  EAFNOSUPPORT: "socket: address family not supported by protocol",
};

/** As Go tells of it: `listen tcp4 127.0.0.1:80: bind: permission denied`. */
export function listenProblem(error: unknown, where: string): KubectlError {
  const { code } = error as NodeJS.ErrnoException;
  return new KubectlError(`listen ${where}: ${reasons[code ?? ""] ?? String(code)}`);
}
