/** `kubectl drain|cordon|uncordon`. Upstream: kubectl/pkg/cmd/drain/drain.go, kubectl/pkg/drain */
import { sleep } from "../../base/clock.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { parseLabelSelector } from "../../machinery/selectors.ts";
import { isApiError } from "../../machinery/status.ts";
import { goDuration } from "../../machinery/time.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { Failures, KubectlError, textOf, usageError } from "../errors.ts";
import { bool, duration, type Flag, int, text } from "../flags.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { type DryRun, dryRunFlag, dryRunOf, selectorFlag } from "../writing/flags.ts";
import { type DrainWish, drainPlan, planProblems, planWarnings } from "../writing/drainPlan.ts";
import { type ResultPrinter, resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";

const cordonFlags: typeof dryRunFlag & typeof selectorFlag = { ...dryRunFlag, ...selectorFlag };
const noFormat = { output: "", template: "", "allow-missing-template-keys": true, "show-managed-fields": false };

type NodeInfo = LoadedInfo & MappedInfo;

async function nodesOf(call: Call<typeof cordonFlags>, use: string): Promise<NodeInfo[]> {
  const { args, flags, path, session } = call;
  if (args.length === 0 && !call.changed("selector")) throw usageError(path, `USAGE: ${use} [flags]`);
  if (args.length > 0 && flags.selector !== "") throw usageError(path, "error: cannot specify both a node name and a --selector option");
  const { name: namespace } = await session.namespace();
  const selection = await select(session, {
    namespace,
    flatten: true,
    singleResourceType: true,
    limit: 500,
    ...(flags.selector === "" ? { names: { type: "nodes", names: args } } : { args: ["nodes"], labelSelector: flags.selector }),
  });
  return (await selection.infos()) as NodeInfo[];
}

async function cordonAll(
  session: Session,
  nodes: readonly NodeInfo[],
  { desired, dryRun, print }: { readonly desired: boolean; readonly dryRun: DryRun; readonly print: ResultPrinter },
): Promise<void> {
  const requests = new Requests(await session.api());
  for (const info of nodes) {
    const spec = (info.object["spec"] ?? {}) as { unschedulable?: boolean };
    if ((spec.unschedulable ?? false) === desired) {
      print(info.object, desired ? "already cordoned" : "already uncordoned");
      continue;
    }
    if (dryRun !== "client") {
      try {
        const body = { spec: { unschedulable: desired ? true : null } };
        await requests.patch(info.mapping, info, { type: "strategic", body }, { dryRun: dryRun === "server" });
      } catch (error) {
        session.err(`error: unable to ${desired ? "cordon" : "uncordon"} node ${goQuote(info.name)}: ${textOf(error)}\n`);
        continue;
      }
    }
    print(info.object, desired ? "cordoned" : "uncordoned");
  }
}

function cordonVerb(name: "cordon" | "uncordon"): Verb {
  return verb({
    name,
    flags: cordonFlags,
    async run(call) {
      const dryRun = dryRunOf(call.flags);
      const nodes = await nodesOf(call, `${name} NODE`);
      await cordonAll(call.session, nodes, {
        desired: name === "cordon",
        dryRun,
        print: await resultPrinter(call.session, noFormat, { dryRun }),
      });
    },
  });
}

export const cordon: Verb = cordonVerb("cordon");
export const uncordon: Verb = cordonVerb("uncordon");

const drainFlags: typeof cordonFlags & {
  readonly "chunk-size": Flag<number>;
  readonly "delete-emptydir-data": Flag<boolean>;
  readonly "disable-eviction": Flag<boolean>;
  readonly force: Flag<boolean>;
  readonly "grace-period": Flag<number>;
  readonly "ignore-daemonsets": Flag<boolean>;
  readonly "pod-selector": Flag<string>;
  readonly "skip-wait-for-delete-timeout": Flag<number>;
  readonly timeout: Flag<number>;
} = {
  ...cordonFlags,
  "chunk-size": int({ bits: 64, initial: 500 }),
  "delete-emptydir-data": bool(),
  "disable-eviction": bool(),
  force: bool(),
  "grace-period": int({ initial: -1 }),
  "ignore-daemonsets": bool(),
  "pod-selector": text(),
  "skip-wait-for-delete-timeout": int(),
  timeout: duration(),
};

export const drain: Verb = verb({
  name: "drain",
  flags: drainFlags,
  async run(call) {
    const { flags, session } = call;
    const dryRun = dryRunOf(flags);
    try {
      parseLabelSelector(flags["pod-selector"]);
    } catch {
      throw new KubectlError("--pod-selector=<pod_selector> must be a valid label selector");
    }
    const nodes = await nodesOf(call as unknown as Call<typeof cordonFlags>, "drain NODE");
    const print = await resultPrinter(session, noFormat, { dryRun });
    await cordonAll(session, nodes, { desired: true, dryRun, print });
    const failures: unknown[] = [];
    const remaining: string[] = [];
    for (const node of nodes) {
      try {
        await drainNode(call, node.name, { dryRun, print });
        print(node.object, "drained");
      } catch (error) {
        session.err(`error: unable to drain node ${goQuote(node.name)} due to error: ${textOf(error)}, continuing command...\n`);
        failures.push(error);
        remaining.push(node.name);
      }
    }
    if (remaining.length === 0) return;
    session.err(`There are pending nodes to be drained:\n${remaining.map((name) => ` ${name}\n`).join("")}`);
    throw new Failures(failures);
  },
});

interface Draining {
  readonly dryRun: DryRun;
  readonly print: ResultPrinter;
}

async function planFor({ flags, session }: Call<typeof drainFlags>, node: string): Promise<ReturnType<typeof drainPlan>> {
  const mapper = await session.mapper();
  const requests = new Requests(await session.api());
  const pods = mapper.forKind("", "Pod", "v1");
  const list = await requests.list(pods, "", { labelSelector: flags["pod-selector"], fieldSelector: `spec.nodeName=${node}` });
  const found = list.items.map((item) => ({ ...item, apiVersion: "v1", kind: "Pod" }) as unknown as Pod);
  const missing = new Map<string, string>();
  for (const pod of found) {
    const owner = controllerOf(pod);
    if (owner?.kind !== "DaemonSet" || owner.apiVersion !== "apps/v1") continue;
    try {
      await requests.get(mapper.forKind("apps", "DaemonSet", "v1"), { namespace: pod.metadata?.namespace ?? "", name: owner.name });
    } catch (error) {
      missing.set(pod.metadata?.uid ?? "", textOf(error));
    }
  }
  const wish: DrainWish = {
    force: flags.force,
    ignoreDaemonSets: flags["ignore-daemonsets"],
    deleteEmptyDirData: flags["delete-emptydir-data"],
    skipDeletedAfterSeconds: flags["skip-wait-for-delete-timeout"],
    nowMs: session.host.clock.now(),
  };
  return drainPlan(found, wish, missing);
}

async function drainNode(call: Call<typeof drainFlags>, node: string, { dryRun, print }: Draining): Promise<void> {
  const { flags, session } = call;
  const plan = await planFor(call, node);
  const problems = planProblems(plan);
  if (problems.length > 0) throw new Failures(problems.map((one) => new KubectlError(one)));
  const warnings = planWarnings(plan);
  if (warnings !== "") session.warn(warnings);
  const pods = plan.filter(({ remove }) => remove).map(({ pod }) => pod);
  if (dryRun === "client") {
    for (const { metadata } of pods) session.out(`evicting pod ${metadata?.namespace}/${metadata?.name} (dry run)\n`);
    return;
  }
  const { clock } = session.host;
  const deadline = flags.timeout === 0 ? Number.POSITIVE_INFINITY : clock.now() + flags.timeout;
  const results = await Promise.allSettled(pods.map((pod) => removePod(call, pod, { dryRun, print, deadline })));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length === 0) return;
  const error = new Failures(failures);
  const pending = (await planFor(call, node)).filter(({ remove }) => remove);
  if (pending.length > 0) {
    session.err(`There are pending pods in node ${goQuote(node)} when an error occurred: ${textOf(error)}\n`);
    for (const { pod } of pending) session.err(`pod/${pod.metadata?.name}\n`);
  }
  throw error;
}

const retryMs = 5000;

function placeOf({ metadata }: Pod): { readonly name: string; readonly namespace: string } {
  return { name: metadata?.name ?? "", namespace: metadata?.namespace ?? "" };
}

async function removePod(
  call: Call<typeof drainFlags>,
  pod: Pod,
  { dryRun, print, deadline }: Draining & { readonly deadline: number },
): Promise<void> {
  const { flags, session } = call;
  const { name, namespace } = placeOf(pod);
  const requests = new Requests(await session.api());
  const pods = (await session.mapper()).forKind("", "Pod", "v1");
  const { clock } = session.host;
  const grace = flags["grace-period"] >= 0 ? { gracePeriodSeconds: flags["grace-period"] } : {};
  const dry = dryRun === "server" ? { dryRun: ["All"] } : {};
  const named = `pods/${goQuote(name)} -n ${goQuote(namespace)}`;
  for (;;) {
    if (!flags["disable-eviction"]) session.out(`evicting pod ${namespace}/${name}${dryRun === "server" ? " (server dry run)" : ""}\n`);
    if (clock.now() >= deadline)
      throw new KubectlError(`error when evicting ${named}: global timeout reached: ${goDuration(flags.timeout)}`);
    try {
      if (flags["disable-eviction"]) await requests.delete(pods, { namespace, name }, { ...grace, dryRun: dryRun === "server" });
      else {
        const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace }, deleteOptions: { ...grace, ...dry } };
        const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`;
        await (await session.api()).send({ method: "POST", path, body });
      }
      break;
    } catch (error) {
      if (isApiError(error, "NotFound")) return;
      if (!isApiError(error, "TooManyRequests")) throw new KubectlError(`error when evicting ${named}: ${textOf(error)}`);
      session.err(`error when evicting ${named} (will retry after 5s): ${textOf(error)}\n`);
      await sleep(clock, retryMs, session.host.signal);
    }
  }
  if (dryRun === "server") return;
  await untilGone(session, pod, deadline, flags.timeout);
  print(pod as unknown as Unstructured, flags["disable-eviction"] ? "deleted" : "evicted");
}

async function untilGone(session: Session, pod: Pod, deadline: number, timeoutMs: number): Promise<void> {
  const requests = new Requests(await session.api());
  const pods = (await session.mapper()).forKind("", "Pod", "v1");
  const { name, namespace } = placeOf(pod);
  const uid = pod.metadata?.uid;
  for (;;) {
    const current = await requests.find(pods, { namespace, name });
    if (current === undefined || current.metadata?.uid !== uid) return;
    if (session.host.clock.now() >= deadline) {
      throw new KubectlError(
        `error when waiting for pod ${goQuote(name)} in namespace ${goQuote(namespace)} to terminate: global timeout reached: ${goDuration(timeoutMs)}`,
      );
    }
    await sleep(session.host.clock, 1000, session.host.signal);
  }
}
