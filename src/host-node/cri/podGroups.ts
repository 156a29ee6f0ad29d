/** A pod's own control group on a runtime that makes the containers' groups: made by us, named to the runtime with the pod's sandbox, and taken away by us. */
import type { Clock } from "../../base/clock.ts";
import type { PodSandboxConfig } from "../../kubelet/ports/runtime.ts";
import { type ControlGroups, openSharedGroups } from "../runtime/cgroups/controlGroups.ts";
import { PodGroups } from "../runtime/cgroups/podGroups.ts";
import type { CriEngine } from "./engine.ts";

export interface RuntimeGroups {
  readonly tree: ControlGroups;
  /** Of its folder, right below the outermost group. */
  readonly name: string;
}

/** Undefined where this machine doesn't let us, or the runtime names groups as systemd does. */
export function openRuntimeGroups({ groupDriver }: CriEngine, name: string, clock: Clock): RuntimeGroups | undefined {
  if (groupDriver === "systemd") return undefined;
  const tree = openSharedGroups(name, clock);
  if (tree.limits.enforced) return { tree, name };
  tree.remove("");
  return undefined;
}

export class NodePodGroups extends PodGroups {
  readonly #name: string;

  constructor({ tree, name }: RuntimeGroups, nodeName: string) {
    super(tree, nodeName);
    this.#name = name;
  }

  /** What the runtime is told. */
  parentFor({ parent }: PodSandboxConfig["cgroup"]): string {
    return `/${this.#name}${this.pathOf(parent)}`;
  }
}

/** Of a node whose pods have none. */
export const noPodGroups = {
  type: "PodLimitsNotEnforced",
  reason: "NoControlGroups",
  message: "Limits hold for each container, not for pods as a whole: pods have no control groups of their own here",
} as const;
