/** The keys that end a session but not what it is attached to. Upstream: github.com/moby/term (ascii.go, proxy.go) */
import { KubectlError } from "../errors.ts";

export const defaultDetachKeys = "ctrl-p,ctrl-q";

const controlKeys = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/** `ctrl-p,ctrl-q` or plain characters as the bytes that a terminal sends for them. */
export function detachSequence(text: string): readonly number[] {
  return text.split(",").map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const code = key.startsWith("ctrl-") && key.length === 6 ? controlKeys.indexOf(key.charAt(5).toLowerCase()) : -1;
    if (code >= 0) return code;
    throw new KubectlError(`could not bind detach keys: Unknown character: '${key}'`);
  });
}

/** Passes keys on until the sequence has come; its begin is held back until it is plain that it wasn't meant. */
export function detachable(keys: string): (from: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> {
  const sequence = detachSequence(keys);
  return async function* passed(from) {
    let held = 0;
    for await (const data of from) {
      const { through, matched } = pass(sequence, held, data);
      held = matched;
      if (through.length > 0) yield Uint8Array.from(through);
      if (matched === sequence.length) return;
    }
  };
}

/** What of `data` goes through, after `held` keys of the sequence; and how many of them are held now. */
function pass(
  sequence: readonly number[],
  held: number,
  data: Uint8Array,
): { readonly through: readonly number[]; readonly matched: number } {
  const through: number[] = [];
  let matched = held;
  for (const byte of data) {
    if (byte !== sequence[matched]) {
      through.push(...sequence.slice(0, matched));
      matched = 0;
    }
    if (byte === sequence[matched]) matched += 1;
    else through.push(byte);
    if (matched === sequence.length) break;
  }
  return { through, matched };
}
