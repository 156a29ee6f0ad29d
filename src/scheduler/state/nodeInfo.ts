/**
 * A node with the sums over its pods, kept up to date pod by pod, so that no scheduling decision walks pods: what is requested, which host ports
 * are taken, which affinity terms its pods carry, and how many of its pods match a selector that was asked about.
 * Upstream: pkg/scheduler/framework/types.go (NodeInfo)
 */
import { assert } from "../../base/assert.ts";
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";
import type { AffinityTerm } from "./affinityTerm.ts";
import { HostPorts } from "./hostPorts.ts";
import type { PodInfo } from "./podInfo.ts";
import { Amounts, amountsOf } from "./resources.ts";

/** A question about single pods. Equal keys mean equal answers, for all time. */
export interface PodMatcher {
  readonly key: string;
  matches(pod: Pod): boolean;
}

export interface TermCount {
  readonly term: AffinityTerm;
  count: number;
}

interface MatchCount {
  readonly matcher: PodMatcher;
  count: number;
}

/** Counts kept per node; when there are more questions than this, they are counted anew. */
const maxCounts = 128;

export class NodeInfo {
  readonly name: string;
  node: Node;
  allocatable: Amounts;
  labels: Readonly<Record<string, string>>;
  readonly pods: Map<string, PodInfo> = new Map();
  readonly requested: Amounts = new Amounts();
  readonly scoredRequested: Amounts = new Amounts();
  readonly ports: HostPorts = new HostPorts();
  /** Affinity terms of the pods here, by key. */
  readonly terms: Map<string, TermCount> = new Map();
  private readonly counts = new Map<string, MatchCount>();

  constructor(node: Node) {
    this.name = node.metadata.name ?? "";
    this.node = node;
    this.allocatable = amountsOf(node.status?.allocatable);
    this.labels = node.metadata.labels ?? {};
  }

  setNode(node: Node): void {
    this.node = node;
    this.allocatable = amountsOf(node.status?.allocatable);
    this.labels = node.metadata.labels ?? {};
  }

  add(info: PodInfo): void {
    assert(!this.pods.has(info.uid), `pod ${info.namespace}/${info.name} is on node ${this.name} once`);
    this.pods.set(info.uid, info);
    this.account(info, 1);
  }

  remove(uid: string): void {
    const info = this.pods.get(uid);
    if (info === undefined) return;
    this.pods.delete(uid);
    this.account(info, -1);
  }

  /** How many of the pods here match. */
  count(matcher: PodMatcher): number {
    const known = this.counts.get(matcher.key);
    if (known !== undefined) return known.count;
    let count = 0;
    for (const { pod } of this.pods.values()) if (matcher.matches(pod)) count += 1;
    if (this.counts.size >= maxCounts) this.counts.clear();
    this.counts.set(matcher.key, { matcher, count });
    return count;
  }

  private account(info: PodInfo, sign: 1 | -1): void {
    this.requested.add(info.requests, sign);
    this.scoredRequested.add(info.scoredRequests, sign);
    for (const port of info.hostPorts) {
      if (sign === 1) this.ports.add(port);
      else this.ports.remove(port);
    }
    for (const term of info.terms) this.countTerm(term, sign);
    for (const known of this.counts.values()) if (known.matcher.matches(info.pod)) known.count += sign;
  }

  private countTerm(term: AffinityTerm, sign: 1 | -1): void {
    const known = this.terms.get(term.key) ?? { term, count: 0 };
    known.count += sign;
    if (known.count === 0) this.terms.delete(term.key);
    else this.terms.set(term.key, known);
  }
}
