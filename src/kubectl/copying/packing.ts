/** A file or folder of this machine as a tar archive that unpacks to another name. Upstream: kubectl/pkg/cmd/cp/cp.go (recursiveTar) */
import { KubectlError } from "../errors.ts";
import type { FileFacts, Files, TarCodec } from "../host.ts";
import { basename, dirname, clean, join } from "./goPaths.ts";

interface Room {
  readonly files: Files;
  readonly tar: TarCodec;
}

/** `to`: the path in the container; its folder is where the archive is unpacked. */
export async function* packed(room: Room, from: string, to: string): AsyncGenerator<Uint8Array> {
  const source = clean(from);
  yield* packedOne(room, join(dirname(source), basename(source)), basename(clean(to)));
  yield room.tar.end;
}

async function* packedOne(room: Room, path: string, name: string): AsyncGenerator<Uint8Array> {
  const { files, tar } = room;
  const facts = await files.stat(path, { link: true });
  if (facts === undefined) throw new KubectlError(`lstat ${path}: no such file or directory`);
  const head = { path: name, mode: facts.mode, uid: facts.uid, gid: facts.gid, mtimeSeconds: Math.floor(facts.modifiedMs / 1000) };
  switch (facts.kind) {
    case "folder": {
      const names = await files.list(path);
      // A folder with something in it comes about with that.
      if (names.length === 0) yield tar.header({ ...head, type: "folder", linkPath: "", sizeBytes: 0 });
      for (const one of names) yield* packedOne(room, join(path, one), join(name, one));
      return;
    }
    case "link":
      yield tar.header({ ...head, type: "symlink", linkPath: await files.readLink(path), sizeBytes: 0 });
      return;
    case "file":
    case "other":
      yield tar.header({ ...head, type: "file", linkPath: "", sizeBytes: facts.sizeBytes });
      yield* contentOf(room, path, facts);
      yield tar.padding(facts.sizeBytes);
  }
}

/** Exactly as much as was announced. */
async function* contentOf({ files }: Room, path: string, { sizeBytes }: FileFacts): AsyncGenerator<Uint8Array> {
  let left = sizeBytes;
  for await (const piece of files.readStream(path)) {
    left -= piece.byteLength;
    if (left < 0) throw new KubectlError("archive/tar: write too long");
    yield piece;
  }
  if (left > 0) throw new KubectlError(`archive/tar: missed writing ${left} bytes`);
}
