/** The agent's end of the border: asks for listeners on the machine, offers listeners inside the cluster. */
import { Server } from "node:net";
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
  /** Hands a server that listens inside to the control plane, which accepts on it from then on. Only one side may. */
  offer(name: string, server: Server): Promise<void>;
}

interface Waiting {
  readonly resolve: (listening: { server: Server; port: number }) => void;
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
    else if (!(handle instanceof Server)) asked?.reject(new ListenRefused("EPIPE", "the listener got lost on its way"));
    else if (asked === undefined) handle.close();
    else asked.resolve({ server: handle, port: message.port });
  };
  channel.on("message", onMessage);
  return {
    listen(address, port) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        post(channel, { border: "listen", id, address, port }).catch((error: unknown) => {
          waiting.delete(id);
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      });
    },
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

function isControlMessage(message: unknown): message is ControlMessage {
  if (typeof message !== "object" || message === null || !("border" in message)) return false;
  return message.border === "listening" || message.border === "refused";
}
