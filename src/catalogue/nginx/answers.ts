/** Answers that nginx makes itself: error pages, redirects, `return`, and files. */
import { createReadStream, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { extname, join, posix } from "node:path";
import { pipeline } from "node:stream";
import type { Settings } from "./settings.ts";

const reasons: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Authorization Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Not Allowed",
  413: "Request Entity Too Large",
  416: "Requested Range Not Satisfiable",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

/** nginx's own page for a status. */
export function statusPage(status: number, version: string): string {
  const title = `${status} ${reasons[status] ?? ""}`.trim();
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body bgcolor="white">\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${version}</center>\r\n</body>\r\n</html>\r\n`;
}

/** Sends a whole body at once. */
export function sendBody(response: ServerResponse, status: number, headers: OutgoingHttpHeaders, body: string): void {
  const data = Buffer.from(body);
  response.writeHead(status, { ...headers, "Content-Length": data.length });
  response.end(response.req.method === "HEAD" ? undefined : data);
}

export interface FoundFile {
  readonly path: string;
  readonly stats: Stats;
}
export type FileResult = FoundFile | { readonly redirect: string } | { readonly status: 403 | 404 };

/** `path` is normalized: it can't climb out of the root. */
export async function findFile(folder: string, path: string, uri: string, settings: Settings): Promise<FileResult> {
  const target = join(folder, path);
  const stats = await stat(target).catch(() => undefined);
  if (stats === undefined) return { status: 404 };
  if (stats.isFile()) return path.endsWith("/") ? { status: 404 } : { path: target, stats };
  if (!uri.endsWith("/")) return { redirect: `${uri}/` };
  for (const name of settings.index) {
    const index = join(target, name);
    const found = await stat(index).catch(() => undefined);
    if (found?.isFile() === true) return { path: index, stats: found };
  }
  return { status: 403 };
}

export function sendFile(response: ServerResponse, file: FoundFile, settings: Settings, status = 200): void {
  const extension = extname(file.path).slice(1).toLowerCase();
  const modified = file.stats.mtime.toUTCString();
  const etag = `"${Math.floor(file.stats.mtimeMs / 1000).toString(16)}-${file.stats.size.toString(16)}"`;
  const headers = { "Last-Modified": modified, ETag: etag, "Accept-Ranges": "bytes" };
  const { "if-none-match": match, "if-modified-since": since } = response.req.headers;
  if (status === 200 && (match === etag || (match === undefined && since === modified))) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(status, {
    "Content-Type": settings.types.get(extension) ?? settings.defaultType,
    "Content-Length": file.stats.size,
    ...headers,
  });
  if (response.req.method === "HEAD") response.end();
  else pipeline(createReadStream(file.path), response, () => undefined);
}

/** Decoded, without `.`, `..` and double slashes; undefined for what can't be a path. */
export function normalizePath(raw: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (!decoded.startsWith("/") || decoded.includes("\0")) return undefined;
  let depth = 0;
  for (const part of decoded.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return undefined;
  }
  return posix.normalize(decoded);
}
