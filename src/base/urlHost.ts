/** A URL's host as one dials it: an IPv6 address stands in brackets in a URL and nowhere else. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
