/**
 * When to hold back with evictions: node by node at a slow rate, slower or not at all when most of a zone is away, and not at all when everything is
 * away, because then it is the control plane that is cut off. Pure but for the limiter's memory.
 * Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go (handleDisruption, ComputeZoneState)
 */
import { conditionOf } from "../../machinery/conditions.ts";
import type { Node } from "../../schema/shapes/core.v1.ts";
import { isReadinessNoExecute, notReadyTaint, unreachableTaint, type NoExecute } from "./taints.ts";

const excludeLabel = "node.kubernetes.io/exclude-disruption";
const evictionsPerSecond = 0.1;
const reducedEvictionsPerSecond = 0.01;
const largeZone = 50;
const unhealthyThreshold = 0.55;

type ZoneState = "Normal" | "PartialDisruption" | "FullDisruption";

function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  return `${labels["topology.kubernetes.io/region"] ?? ""}:${labels["topology.kubernetes.io/zone"] ?? ""}`;
}

function isReady(node: Node): boolean {
  return conditionOf(node.status?.conditions, "Ready")?.status === "True";
}

interface Zone {
  readonly state: ZoneState;
  readonly size: number;
}

export function zonesOf(nodes: readonly Node[]): Map<string, Zone> {
  const counts = new Map<string, { ready: number; notReady: number }>();
  for (const node of nodes) {
    if (node.metadata.labels?.[excludeLabel] !== undefined) continue;
    const count = counts.get(zoneOf(node)) ?? { ready: 0, notReady: 0 };
    counts.set(zoneOf(node), count);
    if (isReady(node)) count.ready += 1;
    else count.notReady += 1;
  }
  const zones = new Map<string, Zone>();
  for (const [zone, { ready, notReady }] of counts) zones.set(zone, { state: stateOf(ready, notReady), size: ready + notReady });
  return zones;
}

function stateOf(ready: number, notReady: number): ZoneState {
  if (ready === 0 && notReady > 0) return "FullDisruption";
  return notReady > 2 && notReady / (notReady + ready) >= unhealthyThreshold ? "PartialDisruption" : "Normal";
}

/** One token per zone at a time, refilled at the zone's rate. Who was let through once stays so until it is forgotten. */
export class EvictionLimiter {
  private readonly zones = new Map<string, { tokens: number; atMs: number }>();
  private readonly admitted = new Set<string>();

  admits(node: string, zone: string, perSecond: number, nowMs: number): boolean {
    if (this.admitted.has(node)) return true;
    if (!this.takeToken(zone, perSecond, nowMs)) return false;
    this.admitted.add(node);
    return true;
  }

  forget(node: string): void {
    this.admitted.delete(node);
  }

  private takeToken(zone: string, perSecond: number, nowMs: number): boolean {
    const bucket = this.zones.get(zone) ?? { tokens: 1, atMs: nowMs };
    this.zones.set(zone, bucket);
    bucket.tokens = Math.min(1, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    if (perSecond === 0 || bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** For each node, which NoExecute taint it should carry now. */
export function noExecutePlan(nodes: readonly Node[], limiter: EvictionLimiter, nowMs: number): Map<Node, NoExecute> {
  const zones = zonesOf(nodes);
  const allAway = zones.size > 0 && [...zones.values()].every((zone) => zone.state === "FullDisruption");
  const plan = new Map<Node, NoExecute>();
  for (const node of nodes) {
    const { name } = node.metadata;
    const wanted = allAway && wantedFor(node) !== "asIs" ? "none" : wantedFor(node);
    plan.set(node, wanted);
    if (wanted === "none") limiter.forget(name);
    const isNew = wanted !== "none" && wanted !== "asIs" && !(node.spec.taints ?? []).some(isReadinessNoExecute);
    if (isNew && !limiter.admits(name, zoneOf(node), rateOf(zones.get(zoneOf(node))), nowMs)) plan.set(node, "asIs");
  }
  return plan;
}

function wantedFor(node: Node): NoExecute {
  switch (conditionOf(node.status?.conditions, "Ready")?.status) {
    case "True":
      return "none";
    case "False":
      return notReadyTaint;
    case "Unknown":
      return unreachableTaint;
    default:
      return "asIs";
  }
}

function rateOf(zone: Zone | undefined): number {
  if (zone?.state !== "PartialDisruption") return evictionsPerSecond;
  return zone.size > largeZone ? reducedEvictionsPerSecond : 0;
}
