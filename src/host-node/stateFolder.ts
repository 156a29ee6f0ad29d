/**
 * A folder of durable state: private to its owner, of a known format, opened by one process at a time. The lock is an abstract Unix socket named
 * after the folder's inode, so that the kernel releases it however the process ends; it does not reach across network namespaces.
 */
import { mkdir, open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

/** The folder can't be used; the message is one sentence that says what to do. */
export class StateFolderError extends Error {
  override readonly name = "StateFolderError";
}

export interface StateFormat {
  /** What the folder holds, e.g. `coxswain-store`. */
  readonly name: string;
  readonly version: number;
  /** The file that holds the state; without a FORMAT beside it, it is somebody else's. */
  readonly dataFile: string;
}

/** Creates the folder where it is missing. The handle is the lock. */
export async function openStateFolder(dir: string, format: StateFormat): Promise<AsyncDisposable> {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new StateFolderError(`the state folder ${dir} can't be created (${reasonOf(cause)}): choose another one`, { cause });
  });
  const lock = await lockFolder(dir);
  try {
    await checkFormat(dir, format);
    await writeFile(join(dir, "pid"), `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    await closed(lock);
    if (error instanceof StateFolderError) throw error;
    throw new StateFolderError(
      `the state folder ${dir} can't be written (${reasonOf(error)}): free or fix the disk, or choose another one`,
      {
        cause: error,
      },
    );
  }
  return { [Symbol.asyncDispose]: () => closed(lock) };
}

async function lockFolder(dir: string): Promise<Server> {
  const { dev, ino } = await stat(dir, { bigint: true });
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EADDRINUSE") return reject(cause);
      void readFile(join(dir, "pid"), "utf8")
        .catch(() => "")
        .then((pid) => {
          const holder = pid.trim() === "" ? "another process" : `process ${pid.trim()}`;
          reject(new StateFolderError(`the state folder ${dir} is in use by ${holder}: stop it first, or choose another folder`));
        });
    });
    // Unreferenced: a lock alone keeps no process alive.
    server.listen(`\0coxswain-state-${dev}-${ino}`, () => resolve(server.unref()));
  });
}

async function checkFormat(dir: string, format: StateFormat): Promise<void> {
  const file = join(dir, "FORMAT");
  const found = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) {
    const foreign = await stat(join(dir, format.dataFile)).catch(() => undefined);
    if (foreign === undefined) return writeFormat(file, format);
    throw new StateFolderError(
      `the folder ${dir} holds something else (a ${format.dataFile} without a FORMAT): choose another state folder`,
    );
  }
  const [name, version] = found.trim().split(" ");
  if (name !== format.name || !/^\d+$/.test(version ?? ""))
    throw new StateFolderError(`the folder ${dir} holds something else (its FORMAT says "${found.trim()}"): choose another state folder`);
  const theirs = Number(version);
  if (theirs === format.version) return;
  const advice =
    theirs > format.version
      ? "use the newer version of coxswain that wrote it, or another folder"
      : "use the older version of coxswain that wrote it, or delete the folder to start afresh";
  throw new StateFolderError(`the state folder ${dir} has format ${theirs} and this version reads format ${format.version}: ${advice}`);
}

/** Written beside and renamed, so that a crash leaves no half a format. */
async function writeFormat(file: string, format: StateFormat): Promise<void> {
  const handle = await open(`${file}.new`, "w", 0o600);
  try {
    await handle.writeFile(`${format.name} ${format.version}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
