/**
 * The user's side of a session: whether it is a terminal, its size, its raw mode. Upstream: kubectl/pkg/cmd/exec/exec.go (SetupTTY),
 * kubectl/pkg/util/term
 */
import type { KubectlHost, Output, TerminalSize } from "../host.ts";
import type { RemoteEnds } from "./remoteCommand.ts";

export interface TerminalWish {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
}

/** Whether the session gets a terminal: wanted, and ours is one. */
export function terminalGiven(host: KubectlHost, { stdin, tty, quiet }: TerminalWish): boolean {
  if (!stdin || !tty) return false;
  if (host.input.isTerminal) return true;
  if (!quiet) host.err.write("Unable to use a TTY - input is not a terminal or the right kind of file\n");
  return false;
}

export interface Local {
  readonly stdin: boolean;
  readonly terminal: boolean;
  /** Sizes to tell before the real ones, so that a program draws its screen anew. */
  readonly firstSize?: (size: TerminalSize) => TerminalSize;
  /** Between the keyboard and the session. */
  readonly filter?: (keys: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/** Runs a session on the user's streams, in raw mode where it has a terminal, and gives them back. */
export async function withLocalEnds(host: KubectlHost, local: Local, session: (ends: RemoteEnds) => Promise<void>): Promise<void> {
  const { input, out, err } = host;
  using _raw = local.terminal ? input.raw() : undefined;
  const keys = local.stdin ? input.stream() : undefined;
  try {
    await session({
      stdin: keys === undefined || local.filter === undefined ? keys : local.filter(keys),
      stdout: (data) => written(out, data),
      stderr: (data) => written(err, data),
      watchSize: local.terminal ? (tell) => watchSize(out, tell, local.firstSize) : undefined,
    });
  } finally {
    if (local.stdin) input.close();
  }
}

async function written(output: Output, data: Uint8Array): Promise<void> {
  output.write(data);
  await output.drained();
}

function watchSize(out: Output, tell: (size: TerminalSize) => void, firstSize: Local["firstSize"]): Disposable {
  const size = out.size();
  if (size === undefined) return { [Symbol.dispose]: () => undefined };
  if (firstSize !== undefined) tell(firstSize(size));
  tell(size);
  return out.onResize(() => {
    const now = out.size();
    if (now !== undefined) tell(now);
  });
}
