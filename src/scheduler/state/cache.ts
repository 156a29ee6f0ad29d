/**
 * The cluster as the scheduler believes it to be: nodes with their pods, including pods whose binding is under way (assumed). What the API
 * says of a pod replaces what was assumed. Upstream: pkg/scheduler/backend/cache/cache.go
 */
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import { imageNamesOf } from "./imageNames.ts";
import { NodeInfo } from "./nodeInfo.ts";
import { type PodInfo, podInfoOf } from "./podInfo.ts";

interface Place {
  readonly node: string;
  readonly assumed: boolean;
}

interface Supposition {
  readonly added?: readonly PodInfo[];
  readonly removed?: readonly PodInfo[];
}

export class SchedulerCache {
  /** In the order of their arrival. */
  readonly nodes: NodeInfo[] = [];
  /** Nodes with at least one pod that carries an affinity term. */
  readonly nodesWithTerms: Set<NodeInfo> = new Set();
  private readonly byName = new Map<string, NodeInfo>();
  private readonly places = new Map<string, Place>();
  /** Pods on nodes that are not known (yet), by node. */
  private readonly strays = new Map<string, Map<string, PodInfo>>();
  private readonly images = new Map<string, number>();
  /** Pods for which others were evicted, by the node that they hope for. */
  private readonly nominated = new Map<string, Map<string, PodInfo>>();
  private readonly nominations = new Map<string, string>();

  node(name: string): NodeInfo | undefined {
    return this.byName.get(name);
  }

  /** How many nodes have an image. */
  nodesWithImage(image: string): number {
    return this.images.get(image) ?? 0;
  }

  setNode(node: Node): NodeInfo {
    const name = node.metadata.name ?? "";
    const known = this.byName.get(name);
    if (known !== undefined) {
      this.countImages(known.node, -1);
      known.setNode(node);
      this.countImages(node, 1);
      return known;
    }
    const info = new NodeInfo(node);
    this.byName.set(name, info);
    this.nodes.push(info);
    this.countImages(node, 1);
    for (const pod of this.strays.get(name)?.values() ?? []) info.add(pod);
    this.strays.delete(name);
    this.noteTerms(info);
    return info;
  }

  removeNode(name: string): void {
    const info = this.byName.get(name);
    if (info === undefined) return;
    this.byName.delete(name);
    this.nodes.splice(this.nodes.indexOf(info), 1);
    this.nodesWithTerms.delete(info);
    this.countImages(info.node, -1);
    if (info.pods.size > 0) this.strays.set(name, new Map(info.pods));
  }

  /** The pod waits for room on a node; undefined: no longer. */
  nominate(info: PodInfo, node: string | undefined): void {
    this.dropNomination(info.uid);
    if (node === undefined) return;
    this.nominations.set(info.uid, node);
    const there = this.nominated.get(node) ?? new Map<string, PodInfo>();
    this.nominated.set(node, there.set(info.uid, info));
  }

  nominationOf(uid: string): string | undefined {
    return this.nominations.get(uid);
  }

  /** Pods that hope for the node and that this one must leave room for. */
  nominatedBefore(info: PodInfo, node: string): PodInfo[] {
    const there = this.nominated.get(node);
    if (there === undefined || there.size === 0) return [];
    return [...there.values()].filter((other) => other.uid !== info.uid && other.priority >= info.priority);
  }

  /** What would be true if these pods were on the node, too, and those were not. */
  supposing<T>(node: NodeInfo, { added = [], removed = [] }: Supposition, ask: () => T): T {
    for (const info of removed) node.remove(info.uid);
    for (const info of added) node.add(info);
    this.noteTerms(node);
    try {
      return ask();
    } finally {
      for (const info of added) node.remove(info.uid);
      for (const info of removed) node.add(info);
      this.noteTerms(node);
    }
  }

  /** The pod is counted on the node although the API doesn't say so yet. */
  assume(info: PodInfo, node: string): void {
    this.nominate(info, undefined);
    this.put(info, node, true);
  }

  isAssumed(uid: string): boolean {
    return this.places.get(uid)?.assumed === true;
  }

  /** Takes over what the API says of an assigned pod that is not over. */
  setPod(pod: Pod): void {
    const info = podInfoOf(pod);
    this.nominate(info, undefined);
    this.take(info.uid);
    this.put(info, pod.spec.nodeName ?? "", false);
  }

  /** Gives where it was. */
  removePod(uid: string): string | undefined {
    this.dropNomination(uid);
    return this.take(uid);
  }

  private put(info: PodInfo, node: string, assumed: boolean): void {
    this.places.set(info.uid, { node, assumed });
    const on = this.byName.get(node);
    if (on === undefined) {
      const strays = this.strays.get(node) ?? new Map<string, PodInfo>();
      this.strays.set(node, strays.set(info.uid, info));
      return;
    }
    on.add(info);
    if (info.terms.length > 0) this.noteTerms(on);
  }

  private take(uid: string): string | undefined {
    const place = this.places.get(uid);
    if (place === undefined) return undefined;
    this.places.delete(uid);
    const on = this.byName.get(place.node);
    if (on !== undefined) {
      on.remove(uid);
      this.noteTerms(on);
    } else {
      const strays = this.strays.get(place.node);
      strays?.delete(uid);
      if (strays?.size === 0) this.strays.delete(place.node);
    }
    return place.node;
  }

  private dropNomination(uid: string): void {
    const node = this.nominations.get(uid);
    if (node === undefined) return;
    this.nominations.delete(uid);
    const there = this.nominated.get(node);
    there?.delete(uid);
    if (there?.size === 0) this.nominated.delete(node);
  }

  private noteTerms(info: NodeInfo): void {
    if (info.terms.size > 0) this.nodesWithTerms.add(info);
    else this.nodesWithTerms.delete(info);
  }

  private countImages(node: Node, sign: 1 | -1): void {
    for (const image of imageNamesOf(node).keys()) {
      const count = (this.images.get(image) ?? 0) + sign;
      if (count === 0) this.images.delete(image);
      else this.images.set(image, count);
    }
  }
}
