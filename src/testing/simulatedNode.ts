/** A kubelet on a simulated node, over a PodApi and a virtual clock: for tests of what a pod lives through. */
import { silentLog } from "../base/log.ts";
import { seededRng } from "../base/rng.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import type { EventRecorder, Key } from "../client/client.ts";
import { createInformerFactory } from "../client/informers.ts";
import { createKubelet, type Kubelet, type KubeletDeps } from "../kubelet/kubelet.ts";
import { createSimulation, type SimulatedNode, type SimulationOptions } from "../kubelet/simulated/simulation.ts";
import type { KubeObject } from "../machinery/kind.ts";
import type { Container, Pod, PodSpec, PodStatus } from "../schema/shapes/core.v1.ts";
import { PodApi } from "./podApi.ts";
import { virtualClock, type VirtualClock } from "./virtualClock.ts";

interface RecordedEvent {
  readonly on: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface TestNode extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly api: PodApi;
  readonly events: RecordedEvent[];
  readonly node: SimulatedNode;
  readonly kubelet: Kubelet;
  /** Creates a pod on this node. */
  run(name: string, parts?: RunParts): Promise<Pod>;
  pod(name: string): Pod | undefined;
  status(name: string): PodStatus;
  /** Waits (in virtual time) until this holds of the pod's status. */
  until(name: string, holds: (status: PodStatus) => boolean, limitMs?: number): Promise<number>;
  /** `Reason: message` of the events on this pod. */
  told(name: string): string[];
  /** Ends the kubelet and begins another one on the same runtime. */
  restart(): Promise<void>;
}

interface RunParts {
  readonly annotations?: Record<string, string>;
  readonly spec?: Partial<PodSpec>;
  readonly container?: Partial<Container>;
  readonly namespace?: string;
}

export interface TestNodeOptions {
  readonly profile?: SimulationOptions["profile"];
  readonly adapters?: (node: SimulatedNode) => Partial<SimulatedNode>;
  readonly capacity?: Record<string, string>;
  readonly beforeStart?: (api: PodApi) => void;
}

const nodeName = "node-1";

export async function aSimulatedNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const clock = virtualClock();
  const api = new PodApi(clock);
  options.beforeStart?.(api);
  const events: RecordedEvent[] = [];
  const simulation = createSimulation({ clock, rng: seededRng(7), profile: options.profile });
  const made = simulation.node("10.244.1.0/24");
  const node = { ...made, ...options.adapters?.(made) };
  const informers = createInformerFactory({ client: api, clock, log: silentLog });
  const deps: KubeletDeps = { client: api, informers, events: recorder(events), clock, rng: seededRng(1), log: silentLog, ...node };
  const begin = async (): Promise<Kubelet> => {
    const kubelet = createKubelet(deps, {
      nodeName,
      nodeIp: "192.168.0.1",
      clusterDns: "10.96.0.10",
      clusterDomain: "cluster.local",
      version: "v1.36.3",
      capacity: options.capacity ?? { cpu: "4", memory: "8Gi", pods: "110" },
    });
    let started = false;
    const starting = kubelet.start().then(() => {
      started = true;
    });
    await clock.runUntil(() => started, 60_000);
    await starting;
    return kubelet;
  };
  let kubelet = await begin();
  return {
    clock,
    api,
    events,
    node,
    get kubelet() {
      return kubelet;
    },
    async run(name, parts = {}) {
      const pod = await api.create(podKind, thePod(name, parts));
      await clock.settle();
      return pod;
    },
    pod: (name) => api.peek(podKind, key(name)),
    status: (name) => api.peek(podKind, key(name))?.status ?? {},
    until: (name, holds, limitMs = 600_000) => clock.runUntil(() => holds(api.peek(podKind, key(name))?.status ?? {}), limitMs),
    told: (name) => events.filter((event) => event.on.startsWith(`Pod/${name}`)).map((event) => `${event.reason}: ${event.message}`),
    async restart() {
      await kubelet[Symbol.asyncDispose]();
      kubelet = await begin();
    },
    async [Symbol.asyncDispose]() {
      await kubelet[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
      simulation[Symbol.dispose]();
    },
  };
}

function key(name: string): Key {
  return { namespace: "default", name };
}

function recorder(events: RecordedEvent[]): EventRecorder {
  return {
    event(regarding, type, reason, message) {
      const part = "fieldPath" in regarding ? regarding : undefined;
      const object: KubeObject = part?.object ?? (regarding as KubeObject);
      const on = `${object.kind ?? "?"}/${object.metadata.name}${part === undefined ? "" : ` ${part.fieldPath}`}`;
      events.push({ on, type, reason, message });
    },
  };
}

function thePod(name: string, parts: RunParts): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: parts.namespace ?? "default", annotations: prefixed(parts.annotations ?? {}) },
    spec: {
      nodeName,
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      serviceAccountName: "default",
      containers: [{ name: "main", image: "main:1", imagePullPolicy: "IfNotPresent", ...parts.container }],
      ...parts.spec,
    },
    status: { phase: "Pending", qosClass: "BestEffort" },
  };
}

function prefixed(annotations: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`simulate.coxswain.dev/${key}`, value]));
}
