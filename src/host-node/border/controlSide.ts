/**
 * The control plane's end of the border: binds listeners on the machine for the agent, and takes the listeners that the agent offers. It never accepts
 * on what it hands over.
 */
import { createConnection, createServer, Server } from "node:net";
import { type AgentMessage, type BorderChannel, post } from "./protocol.ts";

export interface ControlBorderOptions {
  /** A server that listens inside the cluster's network: accept on it. */
  readonly onOffer: (name: string, server: Server) => void;
  /** Which addresses agents may listen on and connect to. Default: the loopback range only. */
  readonly mayListen?: ((address: string) => boolean) | undefined;
}

export function serveBorder(channel: BorderChannel, options: ControlBorderOptions): Disposable {
  const mayListen = options.mayListen ?? ((address: string) => address.startsWith("127."));
  const onMessage = (message: unknown, handle: unknown): void => {
    if (!isAgentMessage(message)) return;
    if (message.border === "offer") {
      if (handle instanceof Server) options.onOffer(message.name, handle);
      return;
    }
    const { id, address, port } = message;
    // The channel closing meanwhile means that the agent has gone: nobody is left to tell.
    const refuse = (code: string, text: string): void =>
      void post(channel, { border: "refused", id, code, message: text }).catch(() => undefined);
    if (!mayListen(address)) return refuse("EACCES", `agents may not ${message.border === "dial" ? "connect to" : "listen on"} ${address}`);
    (message.border === "dial" ? handConnection : hand)(channel, id, { address, port }, refuse);
  };
  channel.on("message", onMessage);
  return { [Symbol.dispose]: () => void channel.off("message", onMessage) };
}

function hand(
  channel: BorderChannel,
  id: number,
  wanted: { readonly address: string; readonly port: number },
  refuse: (code: string, text: string) => void,
): void {
  const server = createServer((socket) => socket.resetAndDestroy());
  server.once("error", (error: NodeJS.ErrnoException) => refuse(error.code ?? "EIO", error.message));
  server.listen({ host: wanted.address, port: wanted.port, exclusive: true, backlog: 1024 }, () => {
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : wanted.port;
    void post(channel, { border: "listening", id, port }, server)
      .catch(() => undefined)
      .then(() => server.close());
  });
}

function handConnection(
  channel: BorderChannel,
  id: number,
  wanted: { readonly address: string; readonly port: number },
  refuse: (code: string, text: string) => void,
): void {
  const socket = createConnection({ host: wanted.address, port: wanted.port, allowHalfOpen: true });
  socket.once("error", (error: NodeJS.ErrnoException) => refuse(error.code ?? "EIO", error.message));
  // Nothing is read here: the server's first byte is the agent's.
  socket.pause();
  socket.once("connect", () => void post(channel, { border: "connected", id }, socket).catch(() => socket.destroy()));
}

function isAgentMessage(message: unknown): message is AgentMessage {
  if (typeof message !== "object" || message === null || !("border" in message)) return false;
  return message.border === "listen" || message.border === "dial" || message.border === "offer";
}
