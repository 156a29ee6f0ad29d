/** The agent's end of the border: asks for listeners on the machine, offers listeners inside the cluster. */
import { Server, Socket } from "node:net";
import { type BorderChannel, type ControlMessage, post } from "./protocol.ts";

/** The machine refused the address or port: `code` is the system's (EACCES, EADDRINUSE, EADDRNOTAVAIL). */
export class ListenRefused extends Error {
  override readonly name = "ListenRefused";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Border extends Disposable {
  /** A listener in the machine's own network; port 0 lets the system choose. Rejects with ListenRefused. */
  listen(address: string, port: number): Promise<{ readonly server: Server; readonly port: number }>;
  /** A connection to a port of the machine's own network. Rejects with ListenRefused. */
  dial(address: string, port: number): Promise<Socket>;
  /** Hands a server that listens inside to the control plane, which accepts on it from then on. Only one side may. */
  offer(name: string, server: Server): Promise<void>;
}

interface Waiting {
  /** Takes what came, or says that it can't be that. */
  readonly take: (handle: unknown, message: ControlMessage) => boolean;
  readonly reject: (reason: Error) => void;
}

export function openBorder(channel: BorderChannel): Border {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  const onMessage = (message: unknown, handle: unknown): void => {
    if (!isControlMessage(message)) return;
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.border === "refused") asked?.reject(new ListenRefused(message.code, message.message));
    else if (asked?.take(handle, message) === false) asked.reject(new ListenRefused("EPIPE", "the socket got lost on its way"));
    else if (asked === undefined) drop(handle);
  };
  channel.on("message", onMessage);
  const ask = (message: { border: "listen" | "dial"; address: string; port: number }, asked: Waiting): void => {
    lastId += 1;
    const id = lastId;
    waiting.set(id, asked);
    post(channel, { ...message, id }).catch((error: unknown) => {
      waiting.delete(id);
      asked.reject(error instanceof Error ? error : new Error(String(error)));
    });
  };
  return {
    listen: (address, port) =>
      new Promise((resolve, reject) => {
        const take = (handle: unknown, message: ControlMessage): boolean => {
          if (!(handle instanceof Server) || message.border !== "listening") return false;
          resolve({ server: handle, port: message.port });
          return true;
        };
        ask({ border: "listen", address, port }, { take, reject });
      }),
    dial: (address, port) =>
      new Promise((resolve, reject) => {
        const take = (handle: unknown): boolean => {
          if (!(handle instanceof Socket)) return false;
          resolve(handle);
          return true;
        };
        ask({ border: "dial", address, port }, { take, reject });
      }),
    async offer(name, server) {
      await post(channel, { border: "offer", name }, server);
      server.close();
    },
    [Symbol.dispose]() {
      channel.off("message", onMessage);
      for (const { reject } of waiting.values()) reject(new ListenRefused("ECANCELED", "the border is closed"));
      waiting.clear();
    },
  };
}

function drop(handle: unknown): void {
  if (handle instanceof Server) handle.close();
  else if (handle instanceof Socket) handle.destroy();
}

function isControlMessage(message: unknown): message is ControlMessage {
  if (typeof message !== "object" || message === null || !("border" in message)) return false;
  return message.border === "listening" || message.border === "connected" || message.border === "refused";
}
