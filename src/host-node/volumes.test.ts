import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Volumes } from "../kubelet/ports/volumes.ts";
import { diskVolumes } from "./volumes.ts";

let folder: string;
let volumes: Volumes;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cox-volumes-"));
  volumes = diskVolumes({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (path: string, text: string, mode = 0o644): { path: string; mode: number; data: Uint8Array } => ({
  path,
  mode,
  data: Buffer.from(text),
});

describe("an emptyDir", () => {
  it("knows how much it holds", async () => {
    const path = await volumes.emptyDir("uid", "data", { memory: false, sizeLimitBytes: undefined });
    writeFileSync(join(path, "big"), Buffer.alloc(300_000, 1));
    expect(await volumes.usedBytes("uid", "data")).toBeGreaterThanOrEqual(300_000);
  });
});

describe("a container's last words", () => {
  it("may be written by anyone, are read from their end, and go with the pod", async () => {
    const path = await volumes.messageFile("uid", "main", 3);
    expect(statSync(path).mode & 0o777).toBe(0o666);
    writeFileSync(path, "too long: the end");
    expect(Buffer.from(await volumes.readMessage("uid", "main", 3, 7)).toString()).toBe("the end");
    await volumes.remove("uid");
    expect(await volumes.readMessage("uid", "main", 3, 7)).toHaveLength(0);
  });
});

describe("published content", () => {
  it("shows through ..data, with modes and folders", async () => {
    const path = await volumes.publish("uid", "config", [file("a", "1"), file("sub/b", "2", 0o400)]);
    expect(readFileSync(join(path, "a"), "utf8")).toBe("1");
    expect(readFileSync(join(path, "sub/b"), "utf8")).toBe("2");
    expect(readlinkSync(join(path, "a"))).toBe("..data/a");
    expect(readlinkSync(join(path, "sub"))).toBe("..data/sub");
    expect(statSync(join(path, "sub/b")).mode & 0o777).toBe(0o400);
  });

  it("belongs to the pod's fsGroup, which may read it", async () => {
    const own = process.getgid?.() ?? 0;
    const group = process.getuid?.() === 0 ? 4321 : own;
    const path = await volumes.publish("uid", "config", [file("a", "1", 0o400)], group);
    const { mode, gid } = statSync(join(path, "a"));
    expect([mode & 0o777, gid]).toEqual([0o440, group]);
    const scratch = await volumes.emptyDir("uid", "scratch", { memory: false, sizeLimitBytes: undefined, fsGroup: group });
    expect([statSync(scratch).mode & 0o7777, statSync(scratch).gid]).toEqual([0o2777, group]);
  });

  it("swaps everything at once: a reader sees the old content or the new", async () => {
    const path = await volumes.publish("uid", "config", [file("a", "old"), file("b", "old"), file("gone", "x")]);
    const torn: string[] = [];
    const run = { done: false };
    const reader = (async () => {
      while (!run.done) {
        const data = join(path, readlinkSync(join(path, "..data")));
        try {
          const pair = `${readFileSync(join(data, "a"), "utf8")} ${readFileSync(join(data, "b"), "utf8")}`;
          if (pair !== "old old" && pair !== "new new") torn.push(pair);
        } catch {
          // The old folder has gone between the two reads, as it may.
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let i = 0; i < 20; i += 1) {
      const text = i % 2 === 0 ? "new" : "old";
      await volumes.publish("uid", "config", [file("a", text), file("b", text), file("added", "y")]);
    }
    run.done = true;
    await reader;
    expect(torn).toEqual([]);
    expect(readdirSync(path).filter((name) => !name.startsWith(".."))).toEqual(["a", "added", "b"]);
    expect(readdirSync(path).filter((name) => name.startsWith("..v_"))).toHaveLength(1);
  });

  it("changes nothing when the content is the same", async () => {
    const path = await volumes.publish("uid", "config", [file("a", "1")]);
    const before = lstatSync(join(path, "..data")).ino;
    await volumes.publish("uid", "config", [file("a", "1")]);
    expect(lstatSync(join(path, "..data")).ino).toBe(before);
    await volumes.publish("uid", "config", [file("a", "1", 0o600)]);
    expect(lstatSync(join(path, "..data")).ino).not.toBe(before);
  });

  it("may be empty", async () => {
    const path = await volumes.publish("uid", "config", []);
    expect(readdirSync(join(path, "..data"))).toEqual([]);
  });
});

describe("emptyDir", () => {
  it("is open to any user and keeps its content", async () => {
    const path = await volumes.emptyDir("uid", "data", { memory: false, sizeLimitBytes: undefined });
    expect(statSync(path).mode & 0o777).toBe(0o777);
    writeFileSync(join(path, "x"), "kept");
    expect(await volumes.emptyDir("uid", "data", { memory: false, sizeLimitBytes: undefined })).toBe(path);
    expect(readFileSync(join(path, "x"), "utf8")).toBe("kept");
  });
});

describe("hostPath", () => {
  it.each([
    ["Directory", "a directory"],
    ["File", "a file"],
    ["Socket", "a socket file"],
    ["CharDevice", "a character device"],
    ["BlockDevice", "a block device"],
  ])("checks type %s", async (type, what) => {
    const path = join(folder, "missing");
    await expect(volumes.hostPath(path, type)).rejects.toThrow(`hostPath type check failed: ${path} is not ${what}`);
  });

  it("makes what the type says", async () => {
    expect(statSync(await volumes.hostPath(join(folder, "made/deep"), "DirectoryOrCreate")).isDirectory()).toBe(true);
    expect(statSync(await volumes.hostPath(join(folder, "file"), "FileOrCreate")).isFile()).toBe(true);
    await expect(volumes.hostPath(join(folder, "file"), "DirectoryOrCreate")).rejects.toThrow("is not a directory");
    expect(await volumes.hostPath("/dev/null", "CharDevice")).toBe("/dev/null");
    expect(await volumes.hostPath("/anything", "")).toBe("/anything");
    await expect(volumes.hostPath("/", "Nonsense")).rejects.toThrow("unknown hostPath type");
  });
});

describe("subPath", () => {
  it("makes missing folders and finds what is there", async () => {
    const path = await volumes.publish("uid", "config", [file("a", "1")]);
    expect(readFileSync(await volumes.subPath(path, "a"), "utf8")).toBe("1");
    const made = await volumes.subPath(folder, "x/y");
    expect(made).toBe(join(folder, "x/y"));
    expect(statSync(made).isDirectory()).toBe(true);
  });

  it("never leaves the volume, not even through links", async () => {
    await expect(volumes.subPath(folder, "../x")).rejects.toThrow("must stay within the volume");
    await expect(volumes.subPath(folder, "/etc")).rejects.toThrow("must stay within the volume");
    mkdirSync(join(folder, "v"));
    symlinkSync("/etc", join(folder, "v/out"));
    symlinkSync("../../../../etc", join(folder, "v/up"));
    expect(await volumes.subPath(join(folder, "v"), "out/passwd")).toBe(join(folder, "v/etc/passwd"));
    expect(await volumes.subPath(join(folder, "v"), "up")).toBe(join(folder, "v/etc"));
    symlinkSync("loop", join(folder, "v/loop"));
    await expect(volumes.subPath(join(folder, "v"), "loop")).rejects.toThrow("too many levels of symbolic links");
  });
});

describe("clean-up", () => {
  it("removes one pod and lists the others", async () => {
    await volumes.publish("one", "config", [file("a", "1", 0o000)]);
    await volumes.emptyDir("two", "data", { memory: false, sizeLimitBytes: undefined });
    expect([...(await volumes.list())].sort()).toEqual(["one", "two"]);
    await volumes.remove("one");
    await volumes.remove("one");
    expect(await volumes.list()).toEqual(["two"]);
    expect(existsSync(join(folder, "one"))).toBe(false);
  });

  it("lists nothing where there is no folder yet", async () => {
    expect(await diskVolumes({ folder: join(folder, "none") }).list()).toEqual([]);
  });
});
