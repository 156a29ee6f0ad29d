/** Base64 as the API carries bytes in JSON. */
import { fromBase64, toBase64 } from "../../../schema/scalars/base64.ts";

const utf8 = new TextEncoder();

/** Of a text's UTF-8 bytes. */
export function base64Of(text: string): string {
  return toBase64(utf8.encode(text));
}

/** How many bytes a base64 text stands for. */
export function decodedLength(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

/** The bytes as text, or undefined where it is no base64 or no UTF-8. */
export function textOfBase64(base64: string): string | undefined {
  const bytes = fromBase64(base64);
  try {
    return bytes === undefined ? undefined : new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
