/** Headers of a tar archive to be written: plain files and folders, long paths by pax. */
const blockBytes = 512;

export interface TarFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Default: a file. */
  readonly type?: "file" | "folder" | "symlink" | "hardlink" | "device" | undefined;
  readonly linkPath?: string | undefined;
  /** Default 0644, 0755 for folders. */
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Default 0. */
  readonly mtimeSeconds?: number | undefined;
}

const letters = { file: "0", hardlink: "1", symlink: "2", device: "3", folder: "5" } as const;

export function tarHeader(file: TarFile): Buffer {
  const { path, linkPath = "" } = file;
  const records = [
    ...(Buffer.byteLength(path) > 100 ? [["path", path]] : []),
    ...(Buffer.byteLength(linkPath) > 100 ? [["linkpath", linkPath]] : []),
  ];
  if (records.length === 0) return block(file, letters[file.type ?? "file"]);
  const body = Buffer.from(records.map(([key = "", value = ""]) => paxRecord(key, value)).join(""));
  const extension = block({ path: "pax", sizeBytes: body.length }, "x");
  return Buffer.concat([extension, body, tarPadding(body.length), block(file, letters[file.type ?? "file"])]);
}

/** Fills the last block of a file's bytes. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

function block(
  { path, sizeBytes, type = "file", linkPath = "", mode, uid = 0, gid = 0, mtimeSeconds = 0 }: TarFile,
  letter: string,
): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number): void =>
    void header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at);
  header.write(path.slice(-100), 0, 100);
  octal(mode ?? (type === "folder" ? 0o755 : 0o644), 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(type === "file" ? sizeBytes : 0, 124, 12);
  octal(mtimeSeconds, 136, 12);
  header.write(letter, 156);
  header.write(linkPath.slice(-100), 157, 100);
  header.write("ustar\x0000", 257);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** Its length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length = bytes + String(length).length;
  return `${length}${rest}`;
}
