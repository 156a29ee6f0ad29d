/** Paths as Go's path package cleans and joins them; it differs from Node's in trailing slashes and empty results. */

export function clean(path: string): string {
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push("..");
  }
  const text = parts.join("/");
  return rooted ? `/${text}` : text === "" ? "." : text;
}

export function join(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== "");
  return given.length === 0 ? "" : clean(given.join("/"));
}

export function dirname(path: string): string {
  return clean(path.slice(0, path.lastIndexOf("/") + 1));
}

export function basename(path: string): string {
  if (path === "") return ".";
  const trimmed = path.replace(/\/+$/, "");
  return trimmed === "" ? "/" : trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** The way from one path to another; undefined where none can be told. */
export function relative(base: string, target: string): string | undefined {
  const from = clean(base);
  const to = clean(target);
  if (from === to) return ".";
  if (from.startsWith("/") !== to.startsWith("/")) return undefined;
  const up = steps(from);
  const down = steps(to);
  let common = 0;
  while (common < up.length && up[common] === down[common]) common += 1;
  if (up[common] === "..") return undefined;
  return [...up.slice(common).map(() => ".."), ...down.slice(common)].join("/");
}

function steps(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
