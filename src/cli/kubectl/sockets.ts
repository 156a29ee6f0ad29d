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
  server.listen(port, address);
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? "bind: address already in use" : code === "EACCES" ? "bind: permission denied" : String(code);
    throw new KubectlError(`listen tcp4 ${address}:${port}: ${reason}`);
  }
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
};
