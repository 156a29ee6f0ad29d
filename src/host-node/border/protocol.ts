/**
 * What agent and control plane say to each other about sockets, over the IPC channel that both ends already have. Listening sockets cross the border
 * between the machine's network and the cluster's; the bytes on them never do. Every message has a `border` field: others pass by.
 */
import type { Server, Socket } from "node:net";

/** From the agent. */
export type AgentMessage =
  | { readonly border: "listen"; readonly id: number; readonly address: string; readonly port: number }
  /** For a connection to a port of the machine's own network. */
  | { readonly border: "dial"; readonly id: number; readonly address: string; readonly port: number }
  /** Comes with a server that listens inside the cluster's network, for the control plane to accept on. */
  | { readonly border: "offer"; readonly name: string };

/** From the control plane. */
export type ControlMessage =
  /** Comes with the server. */
  | { readonly border: "listening"; readonly id: number; readonly port: number }
  /** Comes with the socket. */
  | { readonly border: "connected"; readonly id: number }
  | { readonly border: "refused"; readonly id: number; readonly code: string; readonly message: string };

/** Either end of the channel: `process` in the agent, the ChildProcess in the control plane. */
export interface BorderChannel {
  send?: ((message: object, handle: Server | Socket | undefined, callback: (error: Error | null) => void) => boolean) | undefined;
  on(event: "message", handler: (message: unknown, handle: unknown) => void): unknown;
  off(event: "message", handler: (message: unknown, handle: unknown) => void): unknown;
}

/** Resolves when the message is out; rejects when the channel is closed. */
export function post(channel: BorderChannel, message: AgentMessage | ControlMessage, handle?: Server | Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (channel.send === undefined) return reject(new Error("no IPC channel"));
    channel.send(message, handle, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** A server that arrived over IPC: its sockets must allow half-open connections, which its maker's options don't tell. */
export function acceptOn(server: Server, handler: (socket: Socket) => void): void {
  Object.assign(server, { allowHalfOpen: true, noDelay: true });
  server.on("connection", handler);
}
