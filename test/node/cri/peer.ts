/** A client of exec, attach or port-forward, in the test's hand. */
import type { StreamFrame, StreamSession } from "../../../src/machinery/http.ts";

export interface TestPeer {
  readonly session: StreamSession;
  say(channel: number, data: string | null): void;
  leave(): void;
  readonly heard: Map<number, string>;
}

export function peer(): TestPeer {
  const queue: StreamFrame[] = [];
  let wake: (() => void) | undefined;
  let gone = false;
  const heard = new Map<number, string>();
  async function* incoming(): AsyncGenerator<StreamFrame> {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else if (gone) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const leave = (): void => {
    gone = true;
    wake?.();
  };
  return {
    session: {
      incoming: incoming(),
      send: async ({ channel, data }) => void heard.set(channel, (heard.get(channel) ?? "") + Buffer.from(data ?? []).toString()),
      close: leave,
    },
    say(channel, data) {
      queue.push({ channel, data: data === null ? null : Buffer.from(data) });
      wake?.();
    },
    leave,
    heard,
  };
}
