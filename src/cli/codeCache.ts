/**
 * Runs one of our bundled programs through V8's code cache: compiling it anew would be most of a short command's time. The cache is the user's own
 * file, made after a run; each verb that runs the first time adds its functions. Any doubt about it (another build, another Node, another owner,
 * a file that others may write) and the program is compiled as usual.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

export interface CachedProgram {
  /** The bundle, CommonJS. */
  readonly path: string;
  readonly cacheFile: string;
  /** What is run of it, a verb's name: functions that it needs are kept. */
  readonly part: string;
  /** For the program's own use. */
  readonly require: NodeJS.Require;
}

interface Header {
  readonly key: string;
  /** Of the code behind the header. */
  readonly sizeBytes: number;
  readonly parts: readonly string[];
}

/** The header is a line of JSON, padded: what follows stays aligned. */
const headerBytes = 2048;

/** Where a program's cache is: one file for each place where the program lies. */
export function cacheFileFor(path: string, env: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = (env["XDG_CACHE_HOME"] ?? "") === "" ? join(home, ".cache") : (env["XDG_CACHE_HOME"] ?? "");
  return join(base, "coxswain", `${encodeURIComponent(path).slice(-200)}.code`);
}

export interface Loaded<T> {
  /** What the program exports. */
  readonly exports: T;
  /** Whether the cache was there and held this part. */
  readonly hit: boolean;
  /** Call it at the end of the run: writes the cache, where the run brought something new. */
  readonly keep: () => void;
}

export function runCached<T>({ path, cacheFile, part, require }: CachedProgram): Loaded<T> {
  const source = readFileSync(path, "utf8");
  const { size, mtimeMs } = statSync(path);
  const key = [process.version, process.arch, size, mtimeMs].join(" ");
  const cached = readCache(cacheFile, key);
  // As Node wraps a CommonJS module.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: path,
    cachedData: cached?.data,
  });
  const known = cached !== undefined && script.cachedDataRejected !== true ? cached.parts : [];
  const module = { exports: {} as T };
  const body = script.runInThisContext() as (...args: readonly unknown[]) => void;
  body.call(module.exports, module.exports, require, module, path, dirname(path));
  const hit = known.includes(part);
  return {
    exports: module.exports,
    hit,
    keep: () => (hit ? undefined : writeCache(cacheFile, { key, parts: [...known, part] }, script)),
  };
}

function readCache(file: string, key: string): (Header & { readonly data: Buffer }) | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return undefined;
  }
  try {
    const { uid, mode } = fstatSync(descriptor);
    if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) return undefined;
    const bytes = readFileSync(descriptor);
    const header = JSON.parse(bytes.toString("latin1", 0, headerBytes)) as Header;
    const data = bytes.subarray(headerBytes);
    return header.key === key && header.sizeBytes === data.length ? { ...header, data } : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** A cache that can't be written is none: a full or read-only home is no failure of the command. */
function writeCache(file: string, header: Omit<Header, "sizeBytes">, script: Script): void {
  const data = script.createCachedData();
  const line = Buffer.from(JSON.stringify({ ...header, sizeBytes: data.length }).padEnd(headerBytes));
  if (line.length > headerBytes) return;
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(partial, Buffer.concat([line, data]), { mode: 0o600, flush: true });
    renameSync(partial, file);
  } catch {
    // Next time, perhaps.
  }
}
