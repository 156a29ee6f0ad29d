/** Addresses aren't asked for by name. Node would find that out too, by an expression whose compilation takes milliseconds. */
export function asServerName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? "" : host;
}
