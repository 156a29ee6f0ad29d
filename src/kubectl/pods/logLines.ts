/** Log pieces as whole lines, so that logs followed side by side don't mix within one, each with its prefix. */

export async function* prefixedLines(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, prefix: string): AsyncGenerator<Uint8Array> {
  const before = new TextEncoder().encode(prefix);
  let kept: Uint8Array[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      yield joined([before, ...kept, piece.subarray(start, end + 1)]);
      kept = [];
      start = end + 1;
    }
    // The source may use its memory again.
    if (start < piece.byteLength) kept.push(piece.slice(start));
  }
  if (kept.length > 0) yield joined([before, ...kept]);
}

const newline = 10;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
