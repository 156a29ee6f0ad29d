/** `kubectl scale`. Upstream: kubectl/pkg/cmd/scale/scale.go, kubectl/pkg/scale/scale.go */
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, duration, int, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import { fieldAt, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { sleep } from "../../base/clock.ts";
import { isApiError } from "../../machinery/status.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { collectInfos } from "../writing/collecting.ts";
import { dryRunFlag, dryRunOf, printFlags, recordFlag, requireFlags, selectorFlag } from "../writing/flags.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";

interface Precondition {
  /** -1: any. */
  readonly size: number;
  readonly resourceVersion: string;
}

export const scale: Verb = verb({
  name: "scale",
  flags: {
    ...printFlags,
    ...recordFlag,
    ...filenameFlags,
    ...dryRunFlag,
    ...selectorFlag,
    all: bool(),
    "current-replicas": int({ initial: -1 }),
    replicas: int(),
    "resource-version": text(),
    timeout: duration(),
  },
  async run(call) {
    const { flags, session } = call;
    requireFlags(call, "replicas");
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun });
    const namespace = await session.namespace();
    if (flags.replicas < 0) throw new KubectlError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
    if (flags["current-replicas"] < -1) throw new KubectlError("The --current-replicas must specify an integer of -1 or greater");
    const selection = await select(session, {
      ...eachObject(flags, namespace),
      args: call.args,
      allowEmptySelector: flags.all,
      labelSelector: flags.selector,
    });
    const { infos, problem } = await collectInfos(selection);
    if (flags["resource-version"] !== "" && infos.length > 1)
      throw new KubectlError("cannot use --resource-version with multiple resources");
    if (infos.length === 0) throw problem ?? new KubectlError("no objects passed to scale");
    const precondition = { size: flags["current-replicas"], resourceVersion: flags["resource-version"] };
    for (const info of infos) {
      const actual =
        dryRun === "client"
          ? flags.replicas
          : await scaleOne(session, info as LoadedInfo & MappedInfo, flags.replicas, { precondition, dryRun: dryRun === "server" });
      if (flags.timeout > 0 && dryRun === "none")
        await waitForReplicas(session, info as LoadedInfo & MappedInfo, flags.replicas, flags.timeout);
      setReplicas(info.object, actual);
      print(info.object, "scaled");
    }
    if (problem !== undefined) throw problem;
  },
});

/** Tries again while others write. Gives the number that the server noted. */
async function scaleOne(
  session: Session,
  info: MappedInfo,
  replicas: number,
  { precondition, dryRun }: { readonly precondition: Precondition; readonly dryRun: boolean },
): Promise<number> {
  const requests = new Requests(await session.api());
  const options = { dryRun, subresource: "scale" };
  const deadline = session.host.clock.now() + 5 * 60_000;
  for (;;) {
    try {
      const { size, resourceVersion } = precondition;
      if (size === -1 && resourceVersion === "") {
        const body = { spec: { replicas } };
        return replicasOf(await requests.patch(info.mapping, info, { type: "merge", body }, options));
      }
      const current = await requests.get(info.mapping, info, "scale");
      check("replicas", size === -1 ? "" : String(size), String(replicasOf(current)));
      check("resource version", resourceVersion, current.metadata?.resourceVersion ?? "");
      const wanted = { ...current, spec: { ...(current["spec"] as object), replicas } };
      return replicasOf(await requests.replace(info.mapping, info, wanted, options));
    } catch (error) {
      if (!isApiError(error, "Conflict") || session.host.clock.now() > deadline) throw error;
      await sleep(session.host.clock, 1000);
    }
  }
}

function check(what: string, expected: string, actual: string): void {
  if (expected !== "" && expected !== actual) throw new KubectlError(`Expected ${what} to be ${expected}, was ${actual}`);
}

function replicasOf(scaled: Unstructured): number {
  return Number(fieldAt(scaled, "spec", "replicas") ?? 0);
}

async function waitForReplicas(session: Session, info: MappedInfo, replicas: number, timeoutMs: number): Promise<void> {
  const requests = new Requests(await session.api());
  const deadline = session.host.clock.now() + timeoutMs;
  for (;;) {
    const current = await requests.get(info.mapping, info, "scale");
    if (replicasOf(current) !== replicas || Number(fieldAt(current, "status", "replicas") ?? 0) === replicas) return;
    if (session.host.clock.now() >= deadline) throw new KubectlError(`timed out waiting for ${goQuote(info.name)} to be synced`);
    await sleep(session.host.clock, 1000);
  }
}

function setReplicas(object: Unstructured, replicas: number): void {
  const { apiVersion = "" } = object;
  if (apiVersion.includes("/") && !apiVersion.startsWith("apps/")) return;
  object["spec"] = { ...(object["spec"] as object), replicas };
}
