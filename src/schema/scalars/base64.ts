/** Standard base64 between bytes and text, the same in every environment. */
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Int16Array(128).fill(-1);
for (let i = 0; i < alphabet.length; i += 1) values[alphabet.charCodeAt(i)] = i;
const chunkBytes = 3 * 4096;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) text += btoa(String.fromCharCode(...bytes.subarray(at, at + chunkBytes)));
  return text;
}

/** Undefined when the text is no base64. New lines are skipped, as Go's decoder does. */
export function fromBase64(text: string): Uint8Array | undefined {
  const plain = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, "") : text;
  if (plain.length % 4 !== 0) return undefined;
  const padding = plain.endsWith("==") ? 2 : plain.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((plain.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < plain.length; i += 4) {
    const last = i + 4 === plain.length;
    let group = 0;
    for (let j = 0; j < 4; j += 1) {
      const isPadding = last && j >= 4 - padding;
      const value = isPadding ? 0 : (values[plain.charCodeAt(i + j)] ?? -1);
      if (value < 0) return undefined;
      group = group * 64 + value;
    }
    for (let shift = 16; shift >= 0 && at < bytes.length; shift -= 8) bytes[at++] = (group >> shift) & 0xff;
  }
  return bytes;
}
