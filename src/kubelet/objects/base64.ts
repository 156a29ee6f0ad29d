/** Secrets carry bytes as base64 text. */
export function base64Bytes(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const decoder = new TextDecoder();

export function base64Text(text: string): string {
  return decoder.decode(base64Bytes(text));
}
