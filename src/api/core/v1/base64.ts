/** Base64 as the API carries bytes in JSON. */
const utf8 = new TextEncoder();
const chunkBytes = 8192;

/** Of a text's UTF-8 bytes. */
export function base64Of(text: string): string {
  const bytes = utf8.encode(text);
  let binary = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) binary += String.fromCharCode(...bytes.subarray(at, at + chunkBytes));
  return btoa(binary);
}

/** How many bytes a base64 text stands for. */
export function decodedLength(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

/** The bytes as text, or undefined where it is no base64 or no UTF-8. */
export function textOfBase64(base64: string): string | undefined {
  try {
    const binary = atob(base64);
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
