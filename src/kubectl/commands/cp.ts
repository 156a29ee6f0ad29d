/** `kubectl cp`: by tar in the container. Upstream: kubectl/pkg/cmd/cp/cp.go */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { BytePipe } from "../copying/bytePipe.ts";
import { type FileSpec, parseFileSpec } from "../copying/fileSpec.ts";
import { basename, dirname, join } from "../copying/goPaths.ts";
import { packed } from "../copying/packing.ts";
import { unpack } from "../copying/unpacking.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { ExitError, KubectlError } from "../errors.ts";
import { bool, int, text } from "../flags.ts";
import { chosenContainer } from "../pods/containers.ts";
import { podKind } from "../pods/workloadPods.ts";
import { Requests } from "../resources/requests.ts";
import { execCall } from "../streaming/execCall.ts";
import { remoteCommand, type RemoteEnds } from "../streaming/remoteCommand.ts";

const flagTable = {
  container: text({ short: "c" }),
  "no-preserve": bool(),
  retries: int(),
};

type CpCall = Call<typeof flagTable>;

export const cp: Verb = verb({
  name: "cp",
  flags: flagTable,
  async run(call) {
    const { args, session } = call;
    await session.config();
    if (args.length !== 2) throw new KubectlError("source and destination are required");
    const from = parseFileSpec(args[0] ?? "");
    const to = parseFileSpec(args[1] ?? "");
    if (from.pod !== "" && to.pod !== "") throw new KubectlError("one of src or dest must be a local file specification");
    if (from.path === "" || to.path === "") throw new KubectlError("filepath can not be empty");
    if (from.pod !== "") await copyFrom(call, from, to.path);
    else if (to.pod !== "") await copyTo(call, from.path, to);
    else throw new KubectlError("one of src or dest must be a remote file specification");
  },
});

interface Remote {
  readonly place: FileSpec;
  readonly command: readonly string[];
  readonly ends: RemoteEnds;
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

async function execute({ flags, session }: CpCall, { place, command, ends, tell, signal }: Remote): Promise<void> {
  const api = await session.api();
  const namespace = place.namespace === "" ? (await session.namespace()).name : place.namespace;
  const pod = (await new Requests(api).get(podKind, { namespace, name: place.pod })) as unknown as Pod;
  const phase = pod.status?.phase ?? "";
  if (phase === "Succeeded" || phase === "Failed")
    throw new KubectlError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const { container } = chosenContainer(pod, flags.container, tell);
  const wish = { container: container.name, command, stdin: ends.stdin !== undefined, stderr: true, tty: false };
  await remoteCommand(api, execCall(pod, wish), ends, signal);
}

async function copyTo(call: CpCall, from: string, to: FileSpec): Promise<void> {
  const { flags, session } = call;
  const { host } = session;
  if ((await host.files.stat(from)) === undefined) throw new KubectlError(`${from} doesn't exist in local filesystem`);
  const path = (await isFolder(call, to)) ? join(to.path, basename(from)) : to.path;
  const tar = flags["no-preserve"] ? ["tar", "--no-same-permissions", "--no-same-owner", "-xmf", "-"] : ["tar", "-xmf", "-"];
  const stop = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const archive = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* packed({ files: host.files, tar: await host.tar() }, from, path);
    } catch (error) {
      failure = { error };
      stop.abort();
    }
  };
  const ends = { stdin: archive(), stdout: written(call, "out"), stderr: written(call, "err") };
  const signal = AbortSignal.any([stop.signal, host.signal]);
  const command = [...tar, "-C", dirname(path)];
  try {
    await execute(call, { place: to, command, ends, tell: (said) => session.err(said), signal });
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  }
}

async function isFolder(call: CpCall, to: FileSpec): Promise<boolean> {
  const { clock, signal } = call.session.host;
  const late = new AbortController();
  using _timer = clock.after(30_000, () => late.abort());
  const ends = { stdout: nowhere, stderr: nowhere };
  const stop = AbortSignal.any([late.signal, signal]);
  try {
    await execute(call, { place: to, command: ["test", "-d", to.path], ends, tell: () => undefined, signal: stop });
    return true;
  } catch {
    if (late.signal.aborted) throw new KubectlError("context deadline exceeded");
    return false;
  }
}

async function copyFrom(call: CpCall, from: FileSpec, to: string): Promise<void> {
  const { session } = call;
  const { host } = session;
  const room = { files: host.files, tar: await host.tar(), warn: (text: string) => session.err(text) };
  await unpack(room, archiveOf(call, from), from, to);
}

/** What tar writes; begun anew where it broke off, as often as --retries allows. */
async function* archiveOf(call: CpCall, from: FileSpec): AsyncGenerator<Uint8Array> {
  const { flags, session } = call;
  const { retries } = flags;
  let readBytes = 0;
  for (let tries = 0; ;) {
    try {
      for await (const piece of tarOutput(call, from, readBytes)) {
        readBytes += piece.byteLength;
        yield piece;
      }
    } catch (error) {
      // Without retries, and where tar itself failed, that is the end.
      if (retries === 0 || error instanceof ExitError || session.host.signal.aborted || tries === retries) throw error;
    }
    if (retries >= 0 && tries >= retries) {
      session.out(`Dropping out copy after ${tries} retries\n`);
      return;
    }
    tries += 1;
    session.out(`Resuming copy at ${readBytes} bytes, retry ${tries}/${retries}\n`);
  }
}

async function* tarOutput(call: CpCall, from: FileSpec, fromByte: number): AsyncGenerator<Uint8Array> {
  const { flags, session } = call;
  const quoted = `'${from.path.replaceAll("'", "'\\''")}'`;
  const start = fromByte === 0 ? 0 : fromByte + 1;
  const command = flags.retries === 0 ? ["tar", "cf", "-", from.path] : ["sh", "-c", `tar cf - ${quoted} | tail -c+${start}`];
  const pipe = new BytePipe();
  const stop = new AbortController();
  const ends = { stdout: (data: Uint8Array) => pipe.write(data), stderr: written(call, "out") };
  const signal = AbortSignal.any([stop.signal, session.host.signal]);
  // What tar says besides the archive goes to stdout, as upstream has it.
  const tell = (said: string): void => session.out(said);
  execute(call, { place: from, command, ends, tell, signal }).then(
    () => pipe.end(),
    (error: unknown) => pipe.fail(error),
  );
  try {
    yield* pipe.pieces();
  } finally {
    // The archive's end is enough: what tar's exit says after that isn't waited for.
    stop.abort();
  }
}

function written({ session }: CpCall, to: "out" | "err"): (data: Uint8Array) => Promise<void> {
  const output = session.host[to];
  return async (data) => {
    output.write(data);
    await output.drained();
  };
}

async function nowhere(): Promise<void> {}
