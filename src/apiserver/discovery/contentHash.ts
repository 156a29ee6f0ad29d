/** A short fingerprint of a document, for ETags and the `hash` in OpenAPI links. Not for secrets. */
export function contentHash(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  let c = 0x9e3779b9;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
    c = Math.imul(c ^ code, 2246822519) + (a >>> 16);
  }
  return [a, b, c, a ^ b ^ c].map((part) => (part >>> 0).toString(16).padStart(8, "0").toUpperCase()).join("");
}
