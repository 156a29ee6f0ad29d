/**
 * A tar archive out of a container as files of this machine. Symbolic links and what would land outside are told of and skipped.
 * Upstream: kubectl/pkg/cmd/cp/cp.go (untarAll)
 */
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";
import { FileError, type Files, type TarCodec, type TarEntry } from "../host.ts";
import { clean, dirname, join } from "./goPaths.ts";
import { type FileSpec, isInside, remotePath, withoutShortcuts, withoutTrailingSlash } from "./fileSpec.ts";

interface Room {
  readonly files: Files;
  readonly tar: TarCodec;
  warn(text: string): void;
}

type OpenFile = Awaited<ReturnType<Files["writeStream"]>>;

export async function unpack(room: Room, archive: AsyncIterable<Uint8Array>, from: FileSpec, to: string): Promise<void> {
  const { files, tar } = room;
  const prefix = withoutShortcuts(withoutTrailingSlash(clean(from.path.replace(/^[/\\]+/, ""))));
  let open: OpenFile | undefined;
  let hinted = false;
  try {
    for await (const part of tar.read(archive)) {
      if (part.form === "data") await open?.write(part.data);
      else if (part.form === "end") {
        await open?.close();
        open = undefined;
      } else if (isToBeWritten(part.entry)) open = await begin(part.entry);
    }
  } finally {
    await open?.close();
  }

  function isToBeWritten(entry: TarEntry): boolean {
    if (!entry.path.startsWith(prefix)) throw new KubectlError("tar contents corrupted");
    const path = pathOf(entry);
    if (!isInside(to, path)) {
      room.warn(`warning: file ${goQuote(path)} is outside target destination, skipping\n`);
      return false;
    }
    return true;
  }

  function pathOf(entry: TarEntry): string {
    return join(to, remotePath(entry.path.slice(prefix.length)));
  }

  async function begin(entry: TarEntry): Promise<OpenFile | undefined> {
    const path = pathOf(entry);
    await files.makeFolder(dirname(path));
    if (entry.type === "folder") {
      await files.makeFolder(path);
      return undefined;
    }
    if (entry.type === "symlink") {
      room.warn(`warning: skipping symlink: ${goQuote(path)} -> ${goQuote(entry.linkPath)}${hinted ? "" : hint(from)}\n`);
      hinted = true;
      return undefined;
    }
    try {
      return await files.writeStream(path, 0o666);
    } catch (error) {
      if (error instanceof FileError && error.code === "isFolder") throw new KubectlError(`open ${path}: is a directory`);
      throw error;
    }
  }
}

function hint({ namespace, pod, path }: FileSpec): string {
  return ` (consider using "kubectl exec -n ${goQuote(namespace)} ${goQuote(pod)} -- tar cf - ${goQuote(path)} | tar xf -")`;
}
