/** Tar archives for kubectl's cp, by the same code that unpacks images. */
import { tarEnd, tarHeader, tarPadding } from "../../host-node/images/archive/tarWriter.ts";
import { ArchiveError } from "../../host-node/images/unpack/archiveError.ts";
import { TarReader } from "../../host-node/images/unpack/tarReader.ts";
import { KubectlError } from "../../kubectl/errors.ts";
import type { TarCodec, TarPart } from "../../kubectl/host.ts";

export const tarCodec: TarCodec = {
  header: tarHeader,
  padding: tarPadding,
  end: tarEnd,
  async *read(archive) {
    let parts: TarPart[] = [];
    const reader = new TarReader({
      entry: ({ path, type, linkPath }) =>
        void parts.push({ form: "entry", entry: { path, linkPath, type: type === "folder" || type === "symlink" ? type : "file" } }),
      data: (data) => void parts.push({ form: "data", data }),
      end: () => void parts.push({ form: "end" }),
    });
    try {
      for await (const piece of archive) {
        reader.push(piece);
        yield* parts;
        parts = [];
        if (reader.ended) return;
      }
      reader.end();
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      throw new KubectlError(error.message.includes("middle of an entry") ? "unexpected EOF" : "archive/tar: invalid tar header");
    }
  },
};
