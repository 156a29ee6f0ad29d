/**
 * A group per pod of one node, below kubepods and the classes of service, as the kubelet has them. What is in a pod's group is the runtime's.
 * Upstream: pkg/kubelet/cm/qos_container_manager_linux.go, pod_container_manager_linux.go
 */
import type { ContainerConfig, PodSandboxConfig } from "../../../kubelet/ports/runtime.ts";
import type { ControlGroups } from "./controlGroups.ts";

type PodGroup = PodSandboxConfig["cgroup"];

const noLimits = { cpuShares: 0, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 0, endTogether: false };
const minShares = 2;
const besteffort = "/kubepods/besteffort";
const burstable = "/kubepods/burstable";

interface Held {
  group: PodGroup;
  /** What its containers' memory limits have beyond the pod's, by their keys; undefined: some were there before, and theirs isn't known. */
  beyond: Map<string, number> | undefined;
}

export class PodGroups {
  readonly #groups: ControlGroups;
  readonly #node: string;
  /** By sandbox. */
  readonly #pods = new Map<string, Held>();

  constructor(groups: ControlGroups, nodeName: string) {
    this.#groups = groups;
    this.#node = `/${nodeName}`;
  }

  /** In the tree, of what the kubelet calls `parent`. */
  pathOf(parent: string): string {
    return this.#node + parent;
  }

  add(sandbox: string, group: PodGroup): void {
    const held: Held = { group, beyond: this.#inGroup(group.parent)?.beyond ?? new Map<string, number>() };
    this.#pods.set(sandbox, held);
    this.#weighClasses();
    this.#limit(held);
  }

  /** Of a sandbox that outlived the agent: its group has its limits already. */
  adopt(sandbox: string, group: PodGroup): void {
    if (!this.#pods.has(sandbox)) this.#pods.set(sandbox, { group, beyond: undefined });
  }

  /** Of one that was adopted the first time only remembers: its containers' part comes with their own changes. */
  change(sandbox: string, group: PodGroup): void {
    const held = this.#pods.get(sandbox);
    if (held === undefined) return;
    held.group = group;
    if (held.beyond === undefined) held.beyond = new Map();
    else this.#limit(held);
    this.#weighClasses();
  }

  remove(sandbox: string): void {
    const held = this.#pods.get(sandbox);
    if (held === undefined) return;
    const { parent } = held.group;
    this.#pods.delete(sandbox);
    // A pod that got a new sandbox goes on in the same group.
    if (this.#inGroup(parent) !== undefined) return;
    this.#groups.remove(this.pathOf(parent));
    this.#weighClasses();
  }

  /** A pod holds what its containers may have, which for stand-ins is more than the pod says. */
  allow(parent: string, container: string, { memoryBeyondPodBytes = 0 }: ContainerConfig["resources"]): void {
    const held = this.#inGroup(parent);
    if (held?.beyond === undefined || memoryBeyondPodBytes === 0) return;
    held.beyond.set(container, memoryBeyondPodBytes);
    this.#limit(held);
  }

  forget(container: string): void {
    for (const { beyond } of this.#pods.values()) beyond?.delete(container);
  }

  [Symbol.dispose](): void {
    this.#groups.remove(this.#node);
  }

  #limit({ group, beyond }: Held): void {
    const more = [...(beyond?.values() ?? [])].reduce((sum, each) => sum + each, 0);
    const memoryLimitBytes = group.memoryLimitBytes === 0 ? 0 : group.memoryLimitBytes + more;
    this.#groups.make(this.pathOf(group.parent), { ...group, memoryLimitBytes, endTogether: false });
  }

  #inGroup(parent: string): Held | undefined {
    return [...this.#pods.values()].find(({ group }) => group.parent === parent);
  }

  /** Classes weigh what their pods ask for, so that pods without requests get what is left. */
  #weighClasses(): void {
    const asked = [...this.#pods.values()].filter(({ group }) => group.parent.startsWith(`${burstable}/`));
    const shares = asked.reduce((sum, { group }) => sum + group.cpuShares, 0);
    this.#groups.make(this.#node + besteffort, { ...noLimits, cpuShares: minShares });
    this.#groups.make(this.#node + burstable, { ...noLimits, cpuShares: Math.max(minShares, shares) });
  }
}
