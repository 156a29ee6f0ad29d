/** The files that `proxy --www` serves, and listings of their folders. Upstream: Go's net/http/fs.go (FileServer) */
import type { Files, LocalAnswer } from "../host.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

type Readable = Pick<Files, "read" | "stat" | "list">;

/** `path`: below the folder, decoded. Nothing above the folder is reached: `..` is refused. */
export async function servedFile(files: Readable, folder: string, path: string): Promise<LocalAnswer> {
  if (path.split("/").includes("..")) return plain(400, "invalid URL path");
  if (/(^|\/)index\.html$/.test(path)) return moved("./");
  const wanted = path === "" ? folder : `${folder}/${path.replace(/\/+$/, "")}`;
  const name = wanted.slice(wanted.lastIndexOf("/") + 1);
  const asFolder = path === "" || path.endsWith("/");
  try {
    const facts = await files.stat(wanted);
    if (facts?.kind !== "folder") return asFolder ? (facts === undefined ? missing : moved(`../${name}`)) : await fileAt(files, wanted);
    if (!asFolder) return moved(`${name}/`);
    const index = `${wanted}/index.html`;
    return (await files.stat(index)) === undefined ? await listing(files, wanted) : await fileAt(files, index);
  } catch {
    return missing;
  }
}

async function fileAt(files: Readable, path: string): Promise<LocalAnswer> {
  const body = await files.read(path);
  const type = types[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return { status: 200, headers: { "content-type": type }, body };
}

async function listing(files: Readable, folder: string): Promise<LocalAnswer> {
  const rows: string[] = [];
  for (const name of await files.list(folder)) {
    const isFolder = (await files.stat(`${folder}/${name}`, { link: true }))?.kind === "folder";
    const shown = isFolder ? `${name}/` : name;
    rows.push(`<a href="${linkTo(shown)}">${escapeHtml(shown)}</a>\n`);
  }
  const text = `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${rows.join("")}</pre>\n`;
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: new TextEncoder().encode(text) };
}

/** As Go writes a path; one with a colon would else be read as a scheme. */
function linkTo(name: string): string {
  const path = encodeURI(name).replaceAll(/[!*'()?#]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return path.includes(":") ? `./${path}` : path;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (c) => entities[c] ?? c);
}

function moved(location: string): LocalAnswer {
  return { status: 301, headers: { location }, body: new Uint8Array() };
}

export function plain(status: number, said: string): LocalAnswer {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: new TextEncoder().encode(`${said}\n`),
  };
}

const missing = plain(404, "404 page not found");
