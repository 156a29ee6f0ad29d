/** Listening sockets on this machine, for port-forward and proxy. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { KubectlHost } from "../../kubectl/host.ts";
import { KubectlError } from "../../kubectl/errors.ts";

export const nodeListen: KubectlHost["listen"] = async (address, port, onConnection) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    onConnection({
      incoming: socket,
      async write(data) {
        if (!socket.write(data)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
      },
      end: () => void socket.end(),
      destroy: () => void socket.destroy(),
    });
  });
  server.listen({ port, host: address, ipv6Only: address.includes(":") });
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const name = address.includes(":") ? `tcp6 [${address}]` : `tcp4 ${address}`;
    throw new KubectlError(`listen ${name}:${port}: ${reasons[code ?? ""] ?? String(code)}`);
  }
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
};

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "bind: address already in use",
  EACCES: "bind: permission denied",
  EADDRNOTAVAIL: "bind: cannot assign requested address",
  EAFNOSUPPORT: "socket: address family not supported by protocol",
};
