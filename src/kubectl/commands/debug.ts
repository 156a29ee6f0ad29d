/** `kubectl debug`: an ephemeral container in a pod, a changed copy of it, or a pod on a node. Upstream: kubectl/pkg/cmd/debug/debug.go */
import type { ContainerState, Pod } from "../../schema/shapes/core.v1.ts";
import { verb, type Verb } from "../command.ts";
import { type DebugCall, debugFlags, debugWish, namesOf, pairsOf, refuseDebug, warnOfUser } from "../debugging/debugOptions.ts";
import { type DebugWish, ephemeralContainer, nodeDebugger, podCopy } from "../debugging/debugPods.ts";
import { KubectlError } from "../errors.ts";
import { podKind } from "../pods/workloadPods.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { attachOrLogs, printLogs, untilPod } from "../streaming/attachStarted.ts";

interface Debugged {
  readonly pod: Pod;
  readonly container: string | undefined;
}

export const debug: Verb = verb({
  name: "debug",
  flags: debugFlags,
  async run(call) {
    const { session, flags, dashAt, args } = call;
    const hasWords = dashAt >= 0 && args.length > dashAt;
    const targets = hasWords ? args.slice(0, dashAt) : args;
    const words = hasWords ? args.slice(dashAt) : [];
    const { name: namespace, explicit } = await session.namespace();
    await session.config();
    const wish = await debugWish(call, words);
    refuseDebug(call, wish, targets);
    const selection = await select(session, {
      names: { type: "pods", names: targets },
      files: { filenames: flags.filename, kustomize: "", recursive: false },
      namespace,
      enforceNamespace: explicit,
    });
    const attach = call.changed("attach") ? flags.attach : flags.stdin;
    await selection.visit(async ({ object }) => {
      const { pod, container } = await start(call, object, wish);
      if (attach && container !== undefined) await attachToDebugger(call, pod, container);
    });
  },
});

async function start(call: DebugCall, object: Unstructured, wish: DebugWish): Promise<Debugged> {
  const { session } = call;
  const requests = new Requests(await session.api());
  const [group, version] = (object.apiVersion ?? "").includes("/") ? (object.apiVersion ?? "").split("/") : ["", object.apiVersion];
  if (group === "" && object.kind === "Node") {
    const pod = nodeDebugger(object.metadata?.name ?? "", wish, namesOf(call));
    const made = (await requests.create(podKind, (await session.namespace()).name, pod)) as unknown as Pod;
    return { pod: made, container: made.spec.containers[0]?.name };
  }
  if (group !== "" || object.kind !== "Pod")
    throw new KubectlError(`${goQuote(`${group}/${version}, Kind=${object.kind}`)} not supported by debug`);
  const pod = object as unknown as Pod;
  return call.flags["copy-to"] === "" ? await debugInside(call, requests, pod, wish) : await debugCopy(call, requests, pod, wish);
}

async function debugInside(call: DebugCall, requests: Requests, pod: Pod, wish: DebugWish): Promise<Debugged> {
  const container = ephemeralContainer(pod, wish, namesOf(call));
  warnOfUser(call.session, container, pod);
  const patch = { type: "strategic", body: { spec: { ephemeralContainers: [container] } } } as const;
  const changed = await requests.patch(podKind, placeOf(pod), patch, { subresource: "ephemeralcontainers" });
  return { pod: changed as unknown as Pod, container: container.name };
}

async function debugCopy(call: DebugCall, requests: Requests, pod: Pod, wish: DebugWish): Promise<Debugged> {
  const { flags, session } = call;
  const copy = {
    name: flags["copy-to"],
    sameNode: flags["same-node"],
    shareProcesses: call.changed("share-processes") ? flags["share-processes"] : undefined,
    setImages: pairsOf(flags["set-image"]),
  };
  const { pod: wanted, debugged } = podCopy(pod, wish, copy, namesOf(call));
  const container = wanted.spec.containers.find((one) => one.name === debugged);
  if (container !== undefined) warnOfUser(session, container, wanted);
  const made = (await requests.create(podKind, placeOf(pod).namespace, wanted)) as unknown as Pod;
  if (flags.replace) await requests.delete(podKind, placeOf(pod), { gracePeriodSeconds: 0 });
  return { pod: made, container: debugged };
}

async function attachToDebugger({ flags, session }: DebugCall, started: Pod, container: string): Promise<void> {
  const { stdin, tty, quiet } = flags;
  const pod = await untilPod(session, placeOf(started), Number.POSITIVE_INFINITY, ({ status }) => {
    const state = stateOf(status, container);
    const message = state?.waiting?.message ?? "";
    if (!quiet && message !== "") session.warn(`container ${container}: ${message}`);
    return state?.running !== undefined || state?.terminated !== undefined;
  });
  if (stateOf(pod.status, container)?.terminated !== undefined) return await printLogs(session, pod, container);
  await attachOrLogs(session, pod, { stdin, tty, quiet, container, detachKeys: "", commandName: "kubectl attach" }, container);
}

function stateOf(status: Pod["status"], container: string): ContainerState | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container)?.state;
}

function placeOf({ metadata }: Pod): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
}
