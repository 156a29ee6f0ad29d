/**
 * Runs one of our bundled programs through V8's code cache: compiling it anew would be most of a short command's time. The caches are the user's own
 * files, one for each verb, made after its first run with the functions that it needed. Any doubt about one (another build, another Node, another
 * owner, a file that others may write) and the program is compiled as usual.
 */
import { isAscii } from "node:buffer";
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";

export interface CachedProgram {
  /** The bundle, CommonJS. */
  readonly path: string;
  readonly cacheFile: string;
  /** For the program's own use. */
  readonly require: NodeJS.Require;
}

interface Header {
  readonly key: string;
  /** Of the code behind the header. */
  readonly sizeBytes: number;
}

/** The header is a line of JSON, padded: what follows stays aligned. */
const headerBytes = 512;
/** Of one program: what is no verb may get a file too, and the verbs in use are few. */
const maxFiles = 16;

/** Where the cache is: one file for each place where the program lies, and each part of it (a verb) that is run. */
export function cacheFileFor(path: string, part: string, env: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = (env["XDG_CACHE_HOME"] ?? "") === "" ? join(home, ".cache") : (env["XDG_CACHE_HOME"] ?? "");
  return join(base, "coxswain", `${encodeURIComponent(path).slice(-200)}.${part}.code`);
}

export interface Loaded<T> {
  /** What the program exports. */
  readonly exports: T;
  /** Whether the cache was there. */
  readonly hit: boolean;
  /** Call it at the end of the run: writes the cache, where there was none. */
  readonly keep: () => void;
}

export function runCached<T>({ path, cacheFile, require }: CachedProgram): Loaded<T> {
  const bytes = readFileSync(path);
  const key = [process.version, process.arch, bytes.length, statSync(path).mtimeMs].join(" ");
  const data = readCache(cacheFile, key);
  // As Node wraps a CommonJS module.
  const source = `(function (exports, require, module, __filename, __dirname) {${bytes.toString(isAscii(bytes) ? "latin1" : "utf8")}\n})`;
  const script = new Script(source, { filename: path, cachedData: data });
  const hit = data !== undefined && script.cachedDataRejected !== true;
  const module = { exports: {} as T };
  const body = script.runInThisContext() as (...args: readonly unknown[]) => void;
  body.call(module.exports, module.exports, require, module, path, dirname(path));
  return { exports: module.exports, hit, keep: () => (hit ? undefined : writeCache(cacheFile, key, script)) };
}

function readCache(file: string, key: string): Buffer | undefined {
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
    return header.key === key && header.sizeBytes === data.length ? data : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** A cache that can't be written is none: a full or read-only home is no failure of the command. */
function writeCache(file: string, key: string, script: Script): void {
  const data = script.createCachedData();
  const line = Buffer.from(JSON.stringify({ key, sizeBytes: data.length } satisfies Header).padEnd(headerBytes));
  if (line.length > headerBytes) return;
  const folder = dirname(file);
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(partial, Buffer.concat([line, data]), { mode: 0o600, flush: true });
    renameSync(partial, file);
    removeOldest(folder, basename(file).replace(/[^.]*\.code$/, ""));
  } catch {
    // Next time, perhaps.
  }
}

function removeOldest(folder: string, prefix: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith(".code"))
    .map((name) => ({ path: join(folder, name), madeMs: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.madeMs - a.madeMs);
  for (const { path } of files.slice(maxFiles)) rmSync(path, { force: true });
}
