/** --raw: a file's bytes to any path of the server, the answer as it comes. Upstream: kubectl/pkg/rawhttp/raw.go */
import { KubectlError } from "../errors.ts";
import type { Session } from "../session.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

interface RawOptions {
  readonly raw: string;
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly output: string;
}

/** Refuses what can't stand beside --raw. */
export function checkRaw(
  { raw, filename, recursive, output }: RawOptions,
  { withoutFile = false }: { readonly withoutFile?: boolean } = {},
): void {
  if (filename.length > 1 || (filename.length === 0 && !withoutFile))
    throw new KubectlError("--raw can only use a single local file or stdin");
  if (/^https?:\/\//.test(filename[0] ?? "")) throw new KubectlError("--raw cannot read from a url");
  if (recursive) throw new KubectlError("--raw and --recursive are mutually exclusive");
  if (output !== "") throw new KubectlError("--raw and --output are mutually exclusive");
  if (!raw.startsWith("/")) throw new KubectlError(`--raw must be a valid URL path: parse ${goQuote(raw)}: invalid URI for request`);
}

export async function sendRaw(
  session: Session,
  method: "POST" | "PUT" | "DELETE",
  raw: string,
  filename: string | undefined,
): Promise<void> {
  const { files, input } = session.host;
  const body = filename === undefined ? undefined : filename === "-" ? await input.readAll() : await files.read(filename);
  const api = await session.api();
  session.out(await api.text({ method, path: raw, ...(body === undefined ? {} : { body }) }));
}
