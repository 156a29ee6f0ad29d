/**
 * The cluster as the scheduler believes it to be: nodes with their pods, including pods whose binding is under way (assumed). What the API
 * says of a pod replaces what was assumed. Upstream: pkg/scheduler/backend/cache/cache.go
 */
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import { imageNamesOf } from "./imageNames.ts";
import { NodeInfo } from "./nodeInfo.ts";
import { type PodInfo, podInfoOf, uidOf } from "./podInfo.ts";

interface Place {
  readonly node: string;
  readonly assumed: boolean;
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

  /** The pod is counted on the node although the API doesn't say so yet. */
  assume(info: PodInfo, node: string): void {
    this.put(info, node, true);
  }

  /** The binding failed. */
  forget(uid: string): void {
    if (this.places.get(uid)?.assumed === true) this.take(uid);
  }

  isAssumed(uid: string): boolean {
    return this.places.get(uid)?.assumed === true;
  }

  /** Takes over what the API says of an assigned pod that is not over. */
  setPod(pod: Pod): void {
    this.take(uidOf(pod));
    this.put(podInfoOf(pod), pod.spec.nodeName ?? "", false);
  }

  /** Gives where it was. */
  removePod(uid: string): string | undefined {
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
