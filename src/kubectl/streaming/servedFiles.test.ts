import { expect, test } from "vitest";
import { FileError, type FileFacts, type Files, type LocalAnswer } from "../host.ts";
import { servedFile } from "./servedFiles.ts";

const tree: Readonly<Record<string, string>> = {
  "/www/a b.txt": "hi",
  "/www/data": "?",
  "/www/ind/index.html": "<p>",
  "/www/q&<r>.txt": "x",
  "/www/sub/z:1": "y",
};

const folders = new Set(["/www", "/www/ind", "/www/sub"]);

const files: Pick<Files, "read" | "stat" | "list"> = {
  read(path) {
    const text = tree[path];
    return text === undefined ? Promise.reject(new FileError("no", "notFound")) : Promise.resolve(new TextEncoder().encode(text));
  },
  stat(path) {
    const kind = folders.has(path) ? "folder" : tree[path] === undefined ? undefined : "file";
    return Promise.resolve(kind === undefined ? undefined : ({ kind } as FileFacts));
  },
  list(path) {
    const inside = Object.keys(tree).flatMap((one) => (one.startsWith(`${path}/`) ? [one.slice(path.length + 1).split("/")[0] ?? ""] : []));
    return Promise.resolve([...new Set(inside)]);
  },
};

async function asked(path: string): Promise<{ status: number; text: string; headers: LocalAnswer["headers"] }> {
  const { status, headers, body } = await servedFile(files, "/www", path);
  return { status, headers, text: new TextDecoder().decode(body as Uint8Array) };
}

/** What genuine kubectl says of such a folder. */
const listings = {
  "": '<a href="a%20b.txt">a b.txt</a>\n<a href="data">data</a>\n<a href="ind/">ind/</a>\n<a href="q&%3Cr%3E.txt">q&amp;&lt;r&gt;.txt</a>\n<a href="sub/">sub/</a>\n',
  "sub/": '<a href="./z:1">z:1</a>\n',
};

test.each(Object.entries(listings))("folder %j is listed", async (path, rows) => {
  const { status, text, headers } = await asked(path);
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(text).toBe(`<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${rows}</pre>\n`);
});

test.each([
  ["a b.txt", "text/plain; charset=utf-8", "hi"],
  ["data", "application/octet-stream", "?"],
  ["ind/", "text/html; charset=utf-8", "<p>"],
])("%s is sent", async (path, type, text) => {
  expect(await asked(path)).toEqual({ status: 200, headers: { "content-type": type }, text });
});

test.each([
  ["sub", "sub/"],
  ["ind/index.html", "./"],
  ["a b.txt/", "../a b.txt"],
])("%s leads to %s", async (path, location) => {
  expect(await asked(path)).toEqual({ status: 301, headers: { location }, text: "" });
});

test.each([
  ["nope", 404, "404 page not found\n"],
  ["nope/", 404, "404 page not found\n"],
  ["../etc/passwd", 400, "invalid URL path\n"],
  ["sub/../../x", 400, "invalid URL path\n"],
])("%s gives %i", async (path, status, text) => {
  expect(await asked(path)).toMatchObject({ status, text });
});
