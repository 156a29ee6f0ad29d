/** A scheduler's view of a cluster for tests: nodes and pods in, decisions out. */
import type { Selector } from "../machinery/selectors.ts";
import type { Node, Pod, PodSpec } from "../schema/shapes/core.v1.ts";
import type { Plugin, Scene } from "../scheduler/plugin.ts";
import { SchedulerCache } from "../scheduler/state/cache.ts";
import { podInfoOf } from "../scheduler/state/podInfo.ts";
import type { Workloads } from "../scheduler/state/workloads.ts";
import { aNode, type NodeParts, aPod, type PodParts } from "./objects.ts";

/** A node with room for 10 cpus, 32 GiB and 110 pods unless told otherwise. */
export function aRoomyNode(name: string, parts: NodeParts & { readonly allocatable?: Record<string, string> } = {}): Node {
  const node = aNode(name, parts);
  node.status = {
    ...node.status,
    allocatable: { cpu: "10", memory: "32Gi", "ephemeral-storage": "100Gi", pods: "110", ...parts.allocatable },
  };
  return node;
}

/** A pending pod whose one container asks for `requests`. */
export function aPendingPod(name: string, parts: PodParts & { readonly requests?: Record<string, string> } = {}): Pod {
  const containers: PodSpec["containers"] = [{ name: "main", image: "main:1", resources: { requests: parts.requests ?? {} } }];
  return aPod(name, { phase: "Pending", ready: false, ...parts, spec: { containers, ...parts.spec } });
}

export interface SceneParts {
  readonly nodes: readonly Node[];
  /** Pods that are there; each has a node. */
  readonly pods?: readonly Pod[];
  readonly siblings?: readonly Selector[];
  readonly namespaceLabels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function aScene(pod: Pod, { nodes, pods = [], siblings = [], namespaceLabels = {} }: SceneParts): Scene {
  const cache = new SchedulerCache();
  for (const node of nodes) cache.setNode(node);
  for (const there of pods) cache.setPod(there);
  const workloads: Workloads = {
    siblingsOf: () => siblings,
    namespaceLabels: (name) => namespaceLabels[name] ?? {},
    namespacesMatching: (selector) => Object.keys(namespaceLabels).filter((name) => selector.matches(namespaceLabels[name])),
  };
  return { info: podInfoOf(pod), cache, workloads };
}

/** By node: `fits`, or the reasons of the objection, with `!` where evicting pods can't help. */
export function verdicts(plugin: Plugin, scene: Scene): Record<string, string> {
  const filter = plugin.prepareFilter?.(scene);
  return Object.fromEntries(
    scene.cache.nodes.map((node) => {
      const rejection = filter?.reject(node);
      return [node.name, rejection === undefined ? "fits" : `${rejection.reasons.join(", ")}${rejection.resolvable ? "" : "!"}`];
    }),
  );
}

/** By node: its normalised score, or undefined where the plugin has no wish. */
export function scores(plugin: Plugin, scene: Scene): Record<string, number> | undefined {
  const scorer = plugin.prepareScore?.(scene, scene.cache.nodes);
  if (scorer === undefined) return undefined;
  const raw = scene.cache.nodes.map((node) => scorer.score(node));
  scorer.normalize?.(raw);
  return Object.fromEntries(scene.cache.nodes.map((node, i) => [node.name, raw[i] ?? 0]));
}
