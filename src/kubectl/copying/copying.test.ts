import { describe, expect, it } from "vitest";
import { tarCodec } from "../../cli/kubectl/tarCodec.ts";
import type { FileFacts, Files } from "../host.ts";
import { BytePipe } from "./bytePipe.ts";
import { isInside, parseFileSpec, withoutShortcuts } from "./fileSpec.ts";
import { basename, clean, dirname, join, relative } from "./goPaths.ts";
import { packed } from "./packing.ts";
import { unpack } from "./unpacking.ts";

describe("paths are Go's", () => {
  it.each([
    ["", "."],
    ["a//b/./c/..", "a/b"],
    ["/../a/", "/a"],
    ["../../a/../..", "../../.."],
    ["/", "/"],
  ])("clean(%s)", (path, cleaned) => expect(clean(path)).toBe(cleaned));

  it("are taken apart and joined", () => {
    expect([dirname("a"), dirname("/a"), dirname("a/b/"), basename("/a/b/"), basename("/"), basename("")]).toEqual([
      ".",
      "/",
      "a/b",
      "b",
      "/",
      ".",
    ]);
    expect([join("a", "../b", ""), join("", ""), join("/", "a")]).toEqual(["b", "", "/a"]);
    expect([relative("a/b", "a/c/d"), relative("a", "a/"), relative("/a", "a"), relative("../x", "y")]).toEqual([
      "../c/d",
      ".",
      undefined,
      undefined,
    ]);
  });
});

describe("file specs", () => {
  it("name a pod, a namespace and a path", () => {
    expect(parseFileSpec("a/b/")).toEqual({ pod: "", namespace: "", path: "a/b" });
    expect(parseFileSpec("web:/x/")).toEqual({ pod: "web", namespace: "", path: "/x" });
    expect(parseFileSpec("prod/web:C\\x")).toEqual({ pod: "web", namespace: "prod", path: "C/x" });
  });

  it.each([":x", "a/b/c:x"])("refuses %s", (text) => {
    expect(() => parseFileSpec(text)).toThrow("filespec must match the canonical format: [[namespace/]pod:]file/path");
  });

  it("know what leads outside", () => {
    expect([withoutShortcuts("../../a/../b"), withoutShortcuts(".."), withoutShortcuts("..//a")]).toEqual(["a/../b", "", "a"]);
    expect([isInside("to", "to/a"), isInside("to", "to"), isInside("to", "x"), isInside("to", "../to")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

/** A folder of files in memory: text is a file, an object a folder, `-> x` a link. */
type Tree = { readonly [name: string]: string | Tree };

function treeFiles(tree: Tree, written: Map<string, string>): Files {
  const at = (path: string): string | Tree | undefined =>
    path.split("/").reduce<string | Tree | undefined>((here, name) => (typeof here === "object" ? here[name] : undefined), tree);
  const facts = (node: string | Tree): FileFacts => {
    const link = typeof node === "string" && node.startsWith("-> ");
    const kind = typeof node === "object" ? "folder" : link ? "link" : "file";
    return { kind, sizeBytes: typeof node === "string" ? node.length : 0, mode: 0o640, modifiedMs: 5000, uid: 1, gid: 2 };
  };
  const files: Partial<Files> = {
    stat: async (path) => {
      const node = at(path);
      return node === undefined ? undefined : facts(node);
    },
    list: async (path) => Object.keys(at(path) ?? {}).sort(),
    readLink: async (path) => (at(path) as string).slice(3),
    async *readStream(path) {
      yield new TextEncoder().encode(at(path) as string);
    },
    makeFolder: async (path) => void written.set(path, "folder"),
    writeStream: async (path) => {
      written.set(path, "");
      return {
        write: async (data) => void written.set(path, `${written.get(path)}${new TextDecoder().decode(data)}`),
        close: async () => undefined,
      };
    },
  };
  return files as Files;
}

async function carried(tree: Tree, names: { readonly from: string; readonly to: string; readonly spec: string }) {
  const written = new Map<string, string>();
  const warnings: string[] = [];
  const files = treeFiles(tree, written);
  const archive = packed({ files, tar: tarCodec }, names.from, names.to);
  const room = { files, tar: tarCodec, warn: (text: string) => void warnings.push(text) };
  await unpack(room, archive, parseFileSpec(names.spec), "out");
  return { written: Object.fromEntries(written), warnings };
}

describe("an archive", () => {
  it("carries files, empty folders and links' warnings", async () => {
    const tree = { src: { a: "one", empty: {}, sub: { b: "two" }, link: "-> a" } };
    const { written, warnings } = await carried(tree, { from: "src", to: "/x/dst", spec: "web:dst" });
    expect(written).toEqual({ out: "folder", "out/a": "one", "out/empty": "folder", "out/sub": "folder", "out/sub/b": "two" });
    expect(warnings).toEqual([
      'warning: skipping symlink: "out/link" -> "a" (consider using "kubectl exec -n "" "web" -- tar cf - "dst" | tar xf -")\n',
    ]);
  });

  it("of another name is refused", async () => {
    await expect(carried({ src: "x" }, { from: "src", to: "/x/dst", spec: "web:other" })).rejects.toThrow("tar contents corrupted");
  });

  it("can't write outside", async () => {
    const { written, warnings } = await carried({ src: "x" }, { from: "src", to: "a..", spec: "web:a" });
    expect(written).toEqual({});
    expect(warnings).toEqual(['warning: file "." is outside target destination, skipping\n']);
  });

  it("that is cut off is told of", async () => {
    const pieces = (async function* () {
      yield tarCodec.header({ path: "a", type: "file", linkPath: "", sizeBytes: 9, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 });
    })();
    const read = async (): Promise<void> => {
      for await (const part of tarCodec.read(pieces)) expect(part.form).toBe("entry");
    };
    await expect(read()).rejects.toThrow("unexpected EOF");
  });
});

it("a pipe hands over piece by piece, then the failure", async () => {
  const pipe = new BytePipe();
  const seen: number[] = [];
  const writing = pipe.write(Uint8Array.of(1)).then(async () => {
    await pipe.write(Uint8Array.of(2));
    pipe.fail(new Error("broken"));
  });
  const reading = async (): Promise<void> => {
    for await (const [byte = 0] of pipe.pieces()) seen.push(byte);
  };
  await expect(reading()).rejects.toThrow("broken");
  await writing;
  expect(seen).toEqual([1, 2]);
});
