/** Cluster DNS on sockets: UDP and TCP on one address inside the cluster's network. Answers come from a function of bytes (src/dns). */
import * as dgram from "node:dgram";
import { once } from "node:events";
import * as net from "node:net";

export type DnsAnswer = (query: Uint8Array, transport: "udp" | "tcp") => Promise<Uint8Array | undefined>;

const port = 53;
const idleTimeoutMs = 10_000;

export async function listenDns(address: string, answer: DnsAnswer): Promise<AsyncDisposable> {
  const udp = dgram.createSocket({ type: "udp4", reuseAddr: true });
  udp.on("message", (query, from) => {
    void answer(query, "udp").then((reply) => reply !== undefined && udp.send(reply, from.port, from.address));
  });
  udp.bind(port, address);
  const tcp = net.createServer((socket) => serveTcp(socket, answer));
  tcp.listen(port, address);
  await Promise.all([once(udp, "listening"), once(tcp, "listening")]);
  return {
    async [Symbol.asyncDispose]() {
      udp.close();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}

/** Each message has its length in two bytes before it. */
function serveTcp(socket: net.Socket, answer: DnsAnswer): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (part) => {
    pending = Buffer.concat([pending, part]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const query = pending.subarray(2, end);
      pending = pending.subarray(end);
      void answer(query, "tcp").then((reply) => {
        if (reply === undefined || socket.destroyed) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      });
    }
  });
}
