/**
 * Asking another process to pull an image, over the IPC channel to it: the agent, which is in a network of its own, asks the control plane, and that asks its
 * image service. The image itself is then in the store, which all of them see. Every message has an `images` field: others pass by.
 */
import { ImageError } from "../../kubelet/ports/runtime.ts";

type Message =
  | { readonly images: "pull"; readonly id: number; readonly name: string; readonly secrets: readonly string[] }
  | { readonly images: "pulled"; readonly id: number }
  | { readonly images: "failed"; readonly id: number; readonly reason: string; readonly message: string };

/** Either end: `process` or a ChildProcess. */
export interface PullChannel {
  send?: ((message: object, handle: undefined, options: object, callback: (error: Error | null) => void) => boolean) | undefined;
  on(event: "message", handler: (message: unknown) => void): unknown;
  off(event: "message", handler: (message: unknown) => void): unknown;
}

/** Brings the image of this canonical name into the store; rejects with ImageError. */
export type PullImage = (canonicalName: string, secrets: readonly string[]) => Promise<void>;

export interface RemotePulls extends Disposable {
  readonly pull: PullImage;
}

/** Pulls that are under way when it is disposed of fail. */
export function askPulls(channel: PullChannel): RemotePulls {
  const waiting = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>();
  let lastId = 0;
  const onMessage = (message: unknown): void => {
    if (!isMessage(message) || message.images === "pull") return;
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.images === "pulled") asked?.resolve();
    else asked?.reject(new ImageError(message.reason, message.message));
  };
  channel.on("message", onMessage);
  return {
    pull(name, secrets) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        say(channel, { images: "pull", id, name, secrets }, (error) => {
          if (waiting.delete(id)) reject(new ImageError("ErrImagePull", `the image service can't be reached: ${error.message}`));
        });
      });
    },
    [Symbol.dispose]() {
      channel.off("message", onMessage);
      for (const { reject } of waiting.values()) reject(new ImageError("ErrImagePull", "the image service ended during the pull"));
      waiting.clear();
    },
  };
}

export function answerPulls(channel: PullChannel, pull: PullImage): Disposable {
  // A channel that closes meanwhile means that nobody waits any more.
  const answer = (message: Message): void => say(channel, message, () => undefined);
  const onMessage = (message: unknown): void => {
    if (!isMessage(message) || message.images !== "pull") return;
    const { id } = message;
    pull(message.name, message.secrets).then(
      () => answer({ images: "pulled", id }),
      (error: unknown) => {
        const reason = error instanceof ImageError ? error.reason : "ErrImagePull";
        answer({ images: "failed", id, reason, message: error instanceof Error ? error.message : String(error) });
      },
    );
  };
  channel.on("message", onMessage);
  return { [Symbol.dispose]: () => void channel.off("message", onMessage) };
}

function say(channel: PullChannel, message: Message, onError: (error: Error) => void): void {
  if (channel.send === undefined) return onError(new Error("no IPC channel"));
  channel.send(message, undefined, {}, (error) => {
    if (error !== null) onError(error);
  });
}

function isMessage(message: unknown): message is Message {
  return typeof message === "object" && message !== null && "images" in message;
}
