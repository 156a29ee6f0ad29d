/**
 * The control groups of one node's pods: kubepods, its classes of service, a group per pod and one per container below it. The process that holds a pod's
 * namespaces isn't in them: it sleeps, and a limit must not hit it.
 * Upstream: pkg/kubelet/cm/qos_container_manager_linux.go
 */
import type { ContainerConfig, PodSandboxConfig } from "../../../kubelet/ports/runtime.ts";
import type { ControlGroups } from "../cgroups/controlGroups.ts";
import { shellQuoted } from "./shellQuoted.ts";

type PodGroup = PodSandboxConfig["cgroup"];

const noLimits = { cpuShares: 0, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 0, endTogether: false };
const minShares = 2;
const besteffort = "/kubepods/besteffort";
const burstable = "/kubepods/burstable";

export class NodeGroups {
  readonly #groups: ControlGroups;
  readonly #node: string;
  /** By sandbox. */
  readonly #pods = new Map<string, PodGroup>();
  /** Memory limits of containers, by their groups' paths. */
  readonly #memoryLimits = new Map<string, number>();

  constructor(groups: ControlGroups, nodeName: string) {
    this.#groups = groups;
    this.#node = `/${nodeName}`;
  }

  get limits(): ControlGroups["limits"] {
    return this.#groups.limits;
  }

  addPod(sandboxId: string, group: PodGroup): void {
    this.#pods.set(sandboxId, group);
    this.#weighClasses();
    this.#groups.make(this.#node + group.parent, { ...group, endTogether: false });
  }

  removePod(sandboxId: string): void {
    const group = this.#pods.get(sandboxId);
    if (group === undefined) return;
    this.#pods.delete(sandboxId);
    // A pod that got a new sandbox goes on in the same group.
    if ([...this.#pods.values()].some(({ parent }) => parent === group.parent)) return;
    this.#groups.remove(this.#node + group.parent);
    this.#weighClasses();
  }

  /** Makes a container's group; gives its path. */
  addContainer(id: string, parent: string, resources: ContainerConfig["resources"]): string {
    const path = `${this.#node}${parent}/${id}`;
    this.#memoryLimits.set(path, resources.memoryLimitBytes);
    this.#widenPod(parent);
    this.#groups.make(path, { ...resources, pidsLimit: 0, endTogether: true });
    return path;
  }

  /** Shell lines by which a process joins the group and takes its place in the order of who is ended first when memory runs out. */
  joinScript(path: string, oomScoreAdj: number): string {
    const joins = this.#groups.entrances(path).map((file) => `echo 0 >${shellQuoted(file)} || exit 125\n`);
    // Without rights over the machine a process can only offer itself earlier, not later.
    return `${joins.join("")}echo ${oomScoreAdj} 2>/dev/null >/proc/self/oom_score_adj\n`;
  }

  /** Where a container sees its own group. */
  views(path: string): ReturnType<ControlGroups["views"]> {
    return this.#groups.views(path);
  }

  usage(path: string): ReturnType<ControlGroups["usage"]> {
    return this.#groups.usage(path);
  }

  oomKills(path: string): number {
    return this.#groups.oomKills(path);
  }

  remove(path: string): void {
    this.#memoryLimits.delete(path);
    this.#groups.remove(path);
  }

  [Symbol.dispose](): void {
    this.#groups.remove(this.#node);
  }

  /** A pod holds what its containers may have, which for stand-ins is more than the pod says. */
  #widenPod(parent: string): void {
    const group = [...this.#pods.values()].find((each) => each.parent === parent);
    if (group === undefined || group.memoryLimitBytes === 0) return;
    let sum = 0;
    for (const [path, limit] of this.#memoryLimits) if (path.startsWith(`${this.#node}${parent}/`)) sum += limit;
    if (sum > group.memoryLimitBytes) this.#groups.make(this.#node + parent, { ...group, memoryLimitBytes: sum, endTogether: false });
  }

  /** Classes weigh what their pods ask for, so that pods without requests get what is left. */
  #weighClasses(): void {
    const asked = [...this.#pods.values()].filter(({ parent }) => parent.startsWith(`${burstable}/`));
    const shares = asked.reduce((sum, { cpuShares }) => sum + cpuShares, 0);
    this.#groups.make(this.#node + besteffort, { ...noLimits, cpuShares: minShares });
    this.#groups.make(this.#node + burstable, { ...noLimits, cpuShares: Math.max(minShares, shares) });
  }
}
