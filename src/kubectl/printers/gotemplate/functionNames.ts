/** Functions that templates may call: Go's own, and the two that kubectl adds. */
const names = new Set(
  "and call html index slice js len not or print printf println urlquery eq ge gt le lt ne exists base64decode".split(" "),
);

export function knownFunction(name: string): boolean {
  return names.has(name);
}
