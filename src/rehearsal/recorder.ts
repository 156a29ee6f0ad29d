/**
 * Watches one namespace and writes down each transition as it is seen. Times are those of the watch events' arrival: statuses on the wire have whole
 * seconds only. Left out: pods of other namespaces, Events.
 */
import { deployment as deploymentKind } from "../api/apps/v1/deployment.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import { endpointSlice as sliceKind } from "../api/discovery/v1/endpointSlice.ts";
import type { Clock } from "../base/clock.ts";
import type { InformerFactory } from "../client/informer.ts";
import { isPodReady } from "../machinery/pods.ts";
import type { Deployment } from "../schema/shapes/apps.v1.ts";
import type { ContainerStatus, Pod, Service } from "../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../schema/shapes/discovery.v1.ts";
import type { TimelineEntry, Transition } from "./timeline.ts";
import type { VersionSource } from "./ports/load.ts";
import { podVersion } from "./versions.ts";

/** On pods that send the rehearsal's requests. */
export const clientLabel = "rehearsal.coxswain.dev/client";

export interface RecorderOptions {
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly namespace: string;
  /** What tells versions apart, as far as pods tell it. Default: the image. */
  readonly version?: VersionSource | undefined;
}

export class Recorder implements Disposable {
  readonly #options: RecorderOptions;
  readonly #entries: TimelineEntry[] = [];
  readonly #handlers: Disposable[];

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { informers, namespace } = options;
    const endpoints = new EndpointChanges();
    const here = (object: { metadata: { namespace?: string | undefined } } | undefined): boolean =>
      object?.metadata.namespace === namespace;
    this.#handlers = [
      informers.informer(podKind).onChange((pod, previous) => {
        if (here(pod ?? previous) && !isClient(pod ?? previous)) this.#add(podChanges(pod, previous, options.version));
      }),
      informers.informer(sliceKind).onChange((slice, previous) => {
        if (here(slice ?? previous)) this.#add(endpoints.take(slice, previous));
      }),
      informers.informer(serviceKind).onChange((service, previous) => {
        if (here(service ?? previous)) this.#add(serviceChanges(service, previous));
      }),
      informers.informer(deploymentKind).onChange((deployment, previous) => {
        if (here(deployment ?? previous)) this.#add(deploymentChanges(deployment, previous));
      }),
    ];
  }

  /** Adds what the rehearsal itself does. */
  note(what: Transition): void {
    this.#add([what]);
  }

  /** Counted from `epochMs`; what came before it has negative times. */
  entries(epochMs: number): TimelineEntry[] {
    return this.#entries.map(({ atMs, what }) => ({ atMs: Math.round((atMs - epochMs) * 100) / 100, what }));
  }

  [Symbol.dispose](): void {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
  }

  #add(transitions: Iterable<Transition>): void {
    const atMs = this.#options.clock.now();
    for (const what of transitions) this.#entries.push({ atMs, what });
  }
}

/** The rehearsal's own client in a pod is no part of what is rehearsed. */
function isClient(pod: Pod | undefined): boolean {
  return pod?.metadata.labels?.[clientLabel] !== undefined;
}

/** From one state of a pod to the next; either may be missing. */
export function* podChanges(pod: Pod | undefined, previous: Pod | undefined, version?: VersionSource): Iterable<Transition> {
  if (pod === undefined) {
    yield { type: "podGone", pod: previous?.metadata.name ?? "" };
    return;
  }
  if (previous !== undefined && previous.metadata.uid !== pod.metadata.uid) {
    yield* podChanges(undefined, previous);
    yield* podChanges(pod, undefined, version);
    return;
  }
  if (previous === undefined) yield created(pod, version);
  yield* placeChanges(pod, previous);
  yield* containerChanges(pod, previous);
  const ready = isPodReady(pod);
  if (ready !== (previous !== undefined && isPodReady(previous))) yield { type: ready ? "podReady" : "podUnready", pod: pod.metadata.name };
  const { name, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  if (deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined) {
    yield { type: "podDeleting", pod: name, graceSeconds: deletionGracePeriodSeconds };
  }
}

function* placeChanges(pod: Pod, previous: Pod | undefined): Iterable<Transition> {
  const { name } = pod.metadata;
  const node = pod.spec.nodeName ?? "";
  if (node !== "" && node !== (previous?.spec.nodeName ?? "")) yield { type: "podScheduled", pod: name, node };
  const ip = pod.status?.podIP ?? "";
  if (ip !== "" && ip !== (previous?.status?.podIP ?? "")) yield { type: "podAddressed", pod: name, ip };
}

function created(pod: Pod, version: VersionSource | undefined): Transition {
  const { metadata, spec } = pod;
  const hooks = spec.containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0);
  return {
    type: "podCreated",
    pod: metadata.name,
    owner: metadata.ownerReferences?.find(({ controller }) => controller === true)?.name ?? "",
    version: podVersion(pod, version),
    graceSeconds: spec.terminationGracePeriodSeconds ?? 30,
    preStopSeconds: Math.max(0, ...hooks),
    hasReadinessProbe: spec.containers.some(({ readinessProbe }) => readinessProbe !== undefined),
  };
}

function* containerChanges(pod: Pod, previous: Pod | undefined): Iterable<Transition> {
  const name = pod.metadata.name;
  const before = new Map((previous?.status?.containerStatuses ?? []).map((status) => [status.name, status]));
  const restarts = restartsOf(pod);
  for (const status of pod.status?.containerStatuses ?? []) {
    const was = before.get(status.name);
    const ending = newlyEnded(was, status);
    if (ending !== undefined) yield { type: "podExited", pod: name, exitCode: ending.exitCode, reason: ending.reason ?? "" };
    if (isNewlyRunning(was, status)) yield { type: "podRunning", pod: name, restarts };
  }
}

interface Ending {
  readonly exitCode: number;
  readonly reason?: string | undefined;
}

function newlyEnded(was: ContainerStatus | undefined, is: ContainerStatus): Ending | undefined {
  return was?.state?.terminated === undefined ? (is.state?.terminated ?? endedBetween(was, is)) : undefined;
}

function isNewlyRunning(was: ContainerStatus | undefined, is: ContainerStatus): boolean {
  const ran = was?.state?.running !== undefined && was.containerID === is.containerID;
  return is.state?.running !== undefined && !ran;
}

/** It ended and started again between two looks. */
function endedBetween(was: ContainerStatus | undefined, is: ContainerStatus): Ending | undefined {
  const again = was !== undefined && is.restartCount > was.restartCount;
  return again ? is.lastState?.terminated : undefined;
}

function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

const serviceNameLabel = "kubernetes.io/service-name";

/** Ready pods by Service over all of its slices: a pod may move from slice to slice. */
class EndpointChanges {
  readonly #slices = new Map<string, { readonly service: string; readonly pods: ReadonlySet<string> }>();

  *take(slice: EndpointSlice | undefined, previous: EndpointSlice | undefined): Iterable<Transition> {
    const { name, labels } = (slice ?? previous)?.metadata ?? { name: "" };
    const service = labels?.[serviceNameLabel] ?? "";
    const before = this.#podsOf(service);
    if (slice === undefined) this.#slices.delete(name);
    else this.#slices.set(name, { service, pods: new Set(readyPods(slice)) });
    const after = this.#podsOf(service);
    for (const pod of after) if (!before.has(pod)) yield { type: "endpointAdded", service, pod };
    for (const pod of before) if (!after.has(pod)) yield { type: "endpointRemoved", service, pod };
  }

  #podsOf(service: string): ReadonlySet<string> {
    return new Set([...this.#slices.values()].filter((each) => each.service === service).flatMap(({ pods }) => [...pods]));
  }
}

function readyPods({ endpoints }: EndpointSlice): string[] {
  return (endpoints ?? [])
    .filter(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod")
    .map(({ targetRef }) => targetRef?.name ?? "");
}

function* serviceChanges(service: Service | undefined, previous: Service | undefined): Iterable<Transition> {
  const selector = service?.spec.selector ?? {};
  if (JSON.stringify(selector) === JSON.stringify(previous?.spec.selector)) return;
  yield { type: "serviceChanged", service: (service ?? previous)?.metadata.name ?? "", selector };
}

function* deploymentChanges(deployment: Deployment | undefined, previous: Deployment | undefined): Iterable<Transition> {
  const is = progressOf(deployment ?? previous);
  if (deployment !== undefined && JSON.stringify(is) === JSON.stringify(progressOf(previous))) return;
  yield is;
}

function progressOf(deployment: Deployment | undefined): Transition {
  const { status, spec, metadata } = deployment ?? { status: undefined, spec: undefined, metadata: { name: "" } };
  return {
    type: "deploymentProgress",
    deployment: metadata.name,
    wanted: spec?.replicas ?? 0,
    updated: status?.updatedReplicas ?? 0,
    ready: status?.readyReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    total: status?.replicas ?? 0,
  };
}
