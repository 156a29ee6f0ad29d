/** `kubectl logs`. Upstream: kubectl/pkg/cmd/logs/logs.go */
import { sleep } from "../../base/clock.ts";
import { isApiError } from "../../machinery/status.ts";
import { unreadableTime } from "../../schema/scalars/decodeScalar.ts";
import { parseTime, rfc3339 } from "../../schema/scalars/time.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { ExitError, KubectlError, textOf, usageError } from "../errors.ts";
import { bool, duration, int, text } from "../flags.ts";
import { prefixedLines } from "../pods/logLines.ts";
import { type LogStream, logStreams, type LogWish } from "../pods/logStreams.ts";
import { podRunningTimeout, podRunningTimeoutFlag } from "../pods/runningTimeout.ts";
import { select } from "../resources/select.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { selectorFlag } from "../writing/flags.ts";

const flagTable = {
  ...selectorFlag,
  ...podRunningTimeoutFlag(20_000),
  "all-containers": bool(),
  "all-pods": bool(),
  container: text({ short: "c" }),
  follow: bool({ short: "f" }),
  "ignore-errors": bool(),
  "insecure-skip-tls-verify-backend": bool(),
  "limit-bytes": int({ bits: 64 }),
  "max-log-requests": int({ initial: 5 }),
  prefix: bool(),
  previous: bool({ short: "p" }),
  since: duration(),
  "since-time": text(),
  tail: int({ initial: -1, bits: 64 }),
  timestamps: bool(),
};

type LogsCall = Call<typeof flagTable>;

const usage = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";
/** Lines of each pod that a selector finds, where no --tail says otherwise. */
const selectorTail = 10;

export const logs: Verb = verb({
  name: "logs",
  flags: flagTable,
  async run(call) {
    const { args, flags, session, path } = call;
    const [resource, inlineContainer] = args;
    if (args.length > 2 || (resource === undefined && flags.selector === "")) throw usageError(path, usage);
    if (args.length === 1 && flags.selector !== "") throw usageError(path, "only a selector (-l) or a POD name is allowed");
    const podTimeoutMs = podRunningTimeout(flags);
    const query = queryOf(call);
    const object = await findObject(session, resource, flags.selector);
    const container = inlineContainer ?? flags.container;
    refuseContradictions(call, container);
    const wish: LogWish = {
      container,
      allContainers: flags["all-containers"],
      allPods: flags["all-pods"],
      query,
      podTimeoutMs,
    };
    const streams = await logStreams(session, object, wish);
    if (flags.follow && streams.length > flags["max-log-requests"] && streams.length > 1) {
      throw new KubectlError(
        `you are attempting to follow ${streams.length} log streams, but maximum allowed concurrency is ${flags["max-log-requests"]}, use --max-log-requests to increase the limit`,
      );
    }
    const print = async (stream: LogStream): Promise<void> => await printWithRetry(call, stream, podTimeoutMs);
    if (flags.follow) await Promise.all(streams.map(print));
    else for (const stream of streams) await print(stream);
  },
});

async function findObject(session: Session, resource: string | undefined, selector: string): Promise<Unstructured> {
  const { name: namespace } = await session.namespace();
  const wanted = resource === undefined ? { args: ["pods"] } : { names: { type: "pods", names: [resource] } };
  const selection = await select(session, { ...wanted, labelSelector: selector, namespace, singleResourceType: true });
  let infos;
  try {
    infos = await selection.infos();
  } catch (error) {
    if (!isApiError(error, "NotFound")) throw error;
    throw new KubectlError(`error from server (NotFound): ${error.message} in namespace "${namespace}"`);
  }
  const [first] = infos;
  if (first === undefined || (selector === "" && infos.length !== 1)) throw new KubectlError("expected a resource");
  if (selector !== "" && isList(first.object) && first.object.items.length === 0)
    session.err(`No resources found in ${namespace} namespace.\n`);
  return first.object;
}

function queryOf(call: LogsCall): LogWish["query"] {
  const { flags } = call;
  const { tail } = flags;
  const ofSelector = flags.selector !== "" && tail === -1 && !call.changed("tail");
  const sinceMs = flags.since;
  return {
    follow: flags.follow || undefined,
    previous: flags.previous || undefined,
    timestamps: flags.timestamps || undefined,
    insecureSkipTLSVerifyBackend: flags["insecure-skip-tls-verify-backend"] || undefined,
    sinceTime: flags["since-time"] === "" ? undefined : sinceTime(flags["since-time"]),
    sinceSeconds: sinceMs === 0 ? undefined : Math.sign(sinceMs) * Math.round(Math.abs(sinceMs) / 1000),
    limitBytes: flags["limit-bytes"] === 0 ? undefined : flags["limit-bytes"],
    tailLines: ofSelector ? selectorTail : tail === -1 ? undefined : tail,
  };
}

function sinceTime(given: string): string {
  const ms = parseTime(given);
  if (ms === undefined) throw new KubectlError(unreadableTime(given, "2006-01-02T15:04:05Z07:00").message);
  return rfc3339(ms);
}

function refuseContradictions(call: LogsCall, container: string): void {
  const { flags, args } = call;
  if (flags["since-time"] !== "" && flags.since !== 0)
    throw new KubectlError("at most one of `sinceTime` or `sinceSeconds` may be specified");
  if (flags["all-containers"] && container !== "")
    throw new KubectlError(`--all-containers=true should not be specified with container name ${container}`);
  if (call.changed("container") && args.length === 2) throw new KubectlError("only one of -c or an inline [CONTAINER] arg is allowed");
  if (flags["limit-bytes"] < 0) throw new KubectlError("--limit-bytes must be greater than 0");
  if (flags.since <= -500) throw new KubectlError("--since must be greater than 0");
  if (flags.tail < -1) throw new KubectlError("--tail must be greater than or equal to -1");
}

/** Following waits for a container that isn't there yet. */
async function printWithRetry(call: LogsCall, stream: LogStream, podTimeoutMs: number): Promise<void> {
  const { flags, session } = call;
  const { clock, signal } = session.host;
  const deadline = clock.now() + podTimeoutMs;
  for (;;) {
    try {
      return await printLog(call, stream);
    } catch (error) {
      if (signal.aborted) throw new ExitError(1);
      if (flags["ignore-errors"]) return session.out(`error: ${textOf(error)}\n`);
      if (!flags.follow) throw error;
      session.err(`${textOf(error)}\n`);
      if (!isApiError(error)) throw error;
      if (clock.now() + 1000 > deadline) {
        await sleep(clock, Math.max(0, deadline - clock.now()), signal);
        throw new KubectlError("context deadline exceeded");
      }
      await sleep(clock, 1000, signal);
    }
  }
}

async function printLog({ flags, session }: LogsCall, stream: LogStream): Promise<void> {
  const { out } = session.host;
  const { body } = await (await session.api()).send(stream.call);
  const pieces = body instanceof Uint8Array ? [body] : body;
  const prefix = flags.prefix || flags["all-pods"] ? `[pod/${stream.pod}/${stream.container}] ` : "";
  for await (const piece of prefix === "" && !flags.follow ? pieces : prefixedLines(pieces, prefix)) {
    out.write(piece);
    await out.drained();
  }
  if (session.host.signal.aborted) throw new ExitError(1);
}
