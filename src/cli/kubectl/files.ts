/** kubectl's files on this machine, their refusals worded as Go words them. */
import { createReadStream, promises as fs, readFileSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { FileError, type FileFacts, type Files } from "../../kubectl/host.ts";

export function nodeFiles(env: Readonly<Record<string, string | undefined>>): Files {
  return {
    home: (env["HOME"] ?? "") === "" ? homedir() : (env["HOME"] ?? ""),
    absolute: (path) => resolve(path),
    read: async (path) => asBytes(await told("open", path, readWhole(path))),
    write: (path, data, mode = 0o666) => told("open", path, fs.writeFile(path, data, { mode })),
    async create(path) {
      const file = await told("open", path, fs.open(path, "wx", 0o600));
      await file.close();
    },
    remove: (path) => told("remove", path, fs.rm(path, { recursive: true })),
    makeFolder: async (path) => void (await told("mkdir", path, fs.mkdir(path, { recursive: true, mode: 0o755 }))),
    rename: (from, to) => told("rename", from, fs.rename(from, to)),
    async stat(path, options) {
      try {
        return factsOf(await (options?.link === true ? fs.lstat(path) : fs.stat(path)));
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "ENOENT" || code === "ENOTDIR") return undefined;
        throw asFileError("stat", path, error);
      }
    },
    async list(path) {
      const names = await told("open", path, fs.readdir(path));
      return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    },
    readLink: (path) => told("readlink", path, fs.readlink(path)),
    makeLink: (target, path) => told("symlink", path, fs.symlink(target, path)),
    readStream: (path) => createReadStream(path, { highWaterMark: 256 * 1024 }),
    async writeStream(path, mode) {
      const file = await told("open", path, fs.open(path, "w", mode));
      return { write: async (data) => void (await file.write(data)), close: () => file.close() };
    },
    makeTemporaryFolder: (prefix) => fs.mkdtemp(join(tmpdir(), prefix)),
  };
}

/** A regular file at once, which is quicker; a pipe as its writer comes along. */
async function readWhole(path: string): Promise<Buffer> {
  return statSync(path).isFile() ? readFileSync(path) : await fs.readFile(path);
}

function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

async function told<T>(action: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asFileError(action, path, error);
  }
}

const reasons: Readonly<Record<string, readonly [text: string, code: FileError["code"]]>> = {
  ENOENT: ["no such file or directory", "notFound"],
  ENOTDIR: ["not a directory", "notFound"],
  EEXIST: ["file exists", "exists"],
  EACCES: ["permission denied", "denied"],
  EPERM: ["operation not permitted", "denied"],
  EISDIR: ["is a directory", "isFolder"],
  ENOSPC: ["no space left on device", "other"],
  EROFS: ["read-only file system", "denied"],
};

function asFileError(action: string, path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  const [text, kind] = reasons[code] ?? [code, "other"];
  return new FileError(`${code === "EISDIR" ? "read" : action} ${path}: ${text}`, kind);
}

function factsOf(stat: Awaited<ReturnType<typeof fs.stat>>): FileFacts {
  const kind = stat.isFile() ? "file" : stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : "other";
  return {
    kind,
    sizeBytes: Number(stat.size),
    mode: Number(stat.mode) & 0o7777,
    modifiedMs: Number(stat.mtimeMs),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  };
}
