/**
 * The control groups of one node's pods and containers: a group per container below its pod's. The process that holds a pod's namespaces isn't in them: it
 * sleeps, and a limit must not hit it.
 */
import type { ContainerConfig, PodSandboxConfig } from "../../../kubelet/ports/runtime.ts";
import type { ControlGroups } from "../cgroups/controlGroups.ts";
import { PodGroups } from "../cgroups/podGroups.ts";
import { shellQuoted } from "./shellQuoted.ts";

export class NodeGroups {
  readonly #groups: ControlGroups;
  readonly #pods: PodGroups;

  constructor(groups: ControlGroups, nodeName: string) {
    this.#groups = groups;
    this.#pods = new PodGroups(groups, nodeName);
  }

  get limits(): ControlGroups["limits"] {
    return this.#groups.limits;
  }

  addPod(sandboxId: string, group: PodSandboxConfig["cgroup"]): void {
    this.#pods.add(sandboxId, group);
  }

  changePod(sandboxId: string, group: PodSandboxConfig["cgroup"]): void {
    this.#pods.change(sandboxId, group);
  }

  removePod(sandboxId: string): void {
    this.#pods.remove(sandboxId);
  }

  /** Makes a container's group; gives its path. */
  addContainer(id: string, parent: string, resources: ContainerConfig["resources"]): string {
    const path = `${this.#pods.pathOf(parent)}/${id}`;
    this.changeContainer(path, parent, resources);
    return path;
  }

  changeContainer(path: string, parent: string, resources: ContainerConfig["resources"]): void {
    this.#pods.allow(parent, path, resources);
    this.#groups.make(path, { ...resources, pidsLimit: 0, endTogether: true });
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
    this.#pods.forget(path);
    this.#groups.remove(path);
  }

  [Symbol.dispose](): void {
    this.#pods[Symbol.dispose]();
  }
}
