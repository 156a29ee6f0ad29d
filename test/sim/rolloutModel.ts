/**
 * What must hold at every revision of the store while a Deployment "web" is rolled out, whatever fails. It sees each change in the order in which it
 * was stored and throws at the first that breaks a rule.
 *
 * The rules are about what the controllers do, not about what happens to them: a pod that crashes, is deleted by the user or loses its node may take
 * availability below the limit; no controller may. A controller acts on what it knew a moment ago, so a spec stays "in effect" until the controllers
 * have caught up with its successor, and a loss excuses a decision until a while after they have seen it.
 */
import { isPodActive, isPodAvailable } from "../../src/controllers/framework/podAvailability.ts";
import { maxSurgeOf, maxUnavailableOf, wantedReplicas } from "../../src/controllers/deployment/replicas.ts";
import { sameTemplate } from "../../src/controllers/deployment/template.ts";
import { controllerOf } from "../../src/machinery/owners.ts";
import { isPodReady, isPodTerminating } from "../../src/machinery/pods.ts";
import type { Deployment, ReplicaSet } from "../../src/schema/shapes/apps.v1.ts";
import type { Pod } from "../../src/schema/shapes/core.v1.ts";
import type { Change } from "../../src/store/store.ts";

const revisionAnnotation = "deployment.kubernetes.io/revision";
const historyAnnotation = "deployment.kubernetes.io/revision-history";
/** Longer than any single request can be delayed: a decision from before the controllers knew may arrive this much later. */
const stillArrivingMs = 10_000;

interface SpecInEffect {
  readonly generation: number;
  readonly replicas: number;
  readonly maxPods: number;
  readonly minAvailable: number;
}

export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

export class RolloutModel {
  deployment: Deployment | undefined;
  readonly sets = new Map<string, ReplicaSet>();
  readonly pods = new Map<string, Pod>();
  /** Pods that the user deletes: their end is not the controllers' doing. */
  readonly deletedByUser = new Set<string>();
  /** Checked voluntary deletions of available pods, and created pods: shows that a run tested something. */
  readonly checked = { deletions: 0, creations: 0, revisions: 0 };
  private readonly now: () => number;
  private specs: SpecInEffect[] = [];
  private readonly setSpecs = new Map<string, { generation: number; replicas: number }[]>();
  private readonly losses = new Map<string, number>();
  /** Available pods, with those lost lately: the fewest that a decision may have counted on. */
  private samples: { readonly atMs: number; readonly available: number }[] = [];
  /** When the controllers knew everything: candidates for forgetting what was before. */
  private agreements: number[] = [];
  private highestRevision = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  apply(change: Change): void {
    const [, , group, plural] = change.key.split("/");
    const object: unknown = change.value === undefined ? undefined : JSON.parse(new TextDecoder().decode(change.value));
    if (plural === "deployments") this.seeDeployment(object as Deployment | undefined);
    else if (plural === "replicasets") this.seeSet(change.key, object as ReplicaSet | undefined);
    else if (group === "core" && plural === "pods") this.seePod(change.key, object as Pod | undefined);
    else return;
    this.remember();
  }

  ownPods(set: ReplicaSet): Pod[] {
    return [...this.pods.values()].filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
  }

  activePods(): Pod[] {
    return [...this.pods.values()].filter((pod) => isPodActive(pod) && this.setOf(pod) !== undefined);
  }

  available(): Pod[] {
    return this.activePods().filter((pod) => this.isAvailable(pod));
  }

  private isAvailable(pod: Pod): boolean {
    const set = this.setOf(pod);
    return set !== undefined && isPodActive(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, this.now());
  }

  private setOf(pod: Pod): ReplicaSet | undefined {
    const uid = controllerOf(pod)?.uid;
    return uid === undefined ? undefined : [...this.sets.values()].find((set) => set.metadata.uid === uid);
  }

  private seeDeployment(next: Deployment | undefined): void {
    const previous = this.deployment;
    this.deployment = next;
    if (next === undefined) return;
    const revision = Number(next.metadata.annotations?.[revisionAnnotation] ?? 0);
    const former = Number(previous?.metadata.annotations?.[revisionAnnotation] ?? 0);
    this.rule(revision >= former, `the Deployment's revision went from ${former} back to ${revision}`);
    const generation = next.metadata.generation ?? 0;
    if (generation === previous?.metadata.generation) return;
    const replicas = wantedReplicas(next);
    this.specs.push({
      generation,
      replicas,
      maxPods: replicas + maxSurgeOf(next),
      minAvailable: next.spec.strategy?.type === "Recreate" ? 0 : replicas - maxUnavailableOf(next),
    });
  }

  private seeSet(key: string, next: ReplicaSet | undefined): void {
    const previous = this.sets.get(key);
    if (next === undefined) {
      this.sets.delete(key);
      this.setSpecs.delete(key);
      return;
    }
    this.sets.set(key, next);
    const generation = next.metadata.generation ?? 0;
    const specs = this.setSpecs.get(key) ?? [];
    if (specs.at(-1)?.generation !== generation) specs.push({ generation, replicas: wantedReplicas(next) });
    const observed = next.status?.observedGeneration ?? 0;
    while (specs.length > 1 && (specs[0]?.generation ?? 0) < observed) specs.shift();
    this.setSpecs.set(key, specs);
    if (previous === undefined) {
      const twin = [...this.sets].find(([other, set]) => other !== key && sameTemplate(set.spec.template, next.spec.template));
      this.rule(twin === undefined, `${next.metadata.name} has the template of ${twin?.[1].metadata.name}`);
    }
    this.seeRevision(previous, next);
  }

  /** Numbers only go up, each is given once, and an old one is never lost. */
  private seeRevision(previous: ReplicaSet | undefined, next: ReplicaSet): void {
    const [former, revision] = [numberOf(previous), numberOf(next)];
    const history = next.metadata.annotations?.[historyAnnotation] ?? "";
    const formerHistory = previous?.metadata.annotations?.[historyAnnotation] ?? "";
    if (revision === former) {
      this.rule(history === formerHistory, `the history of ${next.metadata.name} changed from "${formerHistory}" to "${history}"`);
      return;
    }
    this.checked.revisions += 1;
    this.rule(revision === this.highestRevision + 1, `${next.metadata.name} got revision ${revision} after ${this.highestRevision}`);
    this.highestRevision = revision;
    const expected = previous === undefined ? "" : [...(formerHistory === "" ? [] : [formerHistory]), former].join(",");
    this.rule(history === expected, `the history of ${next.metadata.name} is "${history}", not "${expected}"`);
  }

  private seePod(key: string, next: Pod | undefined): void {
    const previous = this.pods.get(key);
    const wasAvailable = previous !== undefined && this.isAvailable(previous);
    if (next === undefined) this.pods.delete(key);
    else this.pods.set(key, next);
    if (previous === undefined) {
      if (next !== undefined) this.seeCreation(next);
      return;
    }
    const uid = previous.metadata.uid ?? "";
    const ends = (next === undefined || isPodTerminating(next)) && !isPodTerminating(previous);
    // A crash counts from readiness on: the controllers may have been about to count it as available.
    const crashes = next !== undefined && isPodReady(previous) && !isPodReady(next);
    if (crashes || (ends && this.deletedByUser.has(uid))) this.losses.set(uid, this.now());
    else if (ends && wasAvailable) this.seeVoluntaryDeletion(previous);
  }

  private seeCreation(pod: Pod): void {
    const set = this.setOf(pod);
    if (set === undefined || this.deployment === undefined) return;
    this.checked.creations += 1;
    const own = this.ownPods(set).filter(isPodActive).length;
    const wanted = Math.max(
      ...(this.setSpecs.get(`/registry/apps/replicasets/default/${set.metadata.name}`) ?? []).map((spec) => spec.replicas),
    );
    this.rule(own <= wanted, `${set.metadata.name} has ${own} pods, but wanted at most ${wanted}`);
    const all = this.activePods().length;
    const maxPods = Math.max(...this.specs.map((spec) => spec.maxPods));
    this.rule(all <= maxPods, `there are ${all} pods, but at most ${maxPods} are allowed`);
    if (this.deployment.spec.strategy?.type !== "Recreate") return;
    const others = [...this.pods.values()].filter((other) => this.setOf(other) !== undefined && this.setOf(other) !== set);
    this.rule(others.length === 0, `${pod.metadata.name} was made while ${others[0]?.metadata.name} of an old template was there`);
  }

  private seeVoluntaryDeletion(pod: Pod): void {
    if (this.deployment === undefined) return;
    // In scaling, ReplicaSets shrink in proportion, whatever is available.
    if (new Set(this.specs.map((spec) => spec.replicas)).size > 1) return;
    this.checked.deletions += 1;
    const left = this.available().length;
    const minAvailable = Math.min(...this.specs.map((spec) => spec.minAvailable));
    const known = Math.min(minAvailable, ...this.samples.map((sample) => sample.available));
    this.rule(
      left + this.losses.size >= known,
      `deleting ${pod.metadata.name} left ${left} available pods of at least ${minAvailable} (${this.losses.size} lost lately)`,
    );
  }

  /** Notes how things stand, and forgets what the controllers have long known. */
  private remember(): void {
    const nowMs = this.now();
    if (this.isAgreed()) {
      this.agreements.push(nowMs);
      const last = this.specs.at(-1);
      const total = [...this.sets.values()].reduce((sum, set) => sum + wantedReplicas(set), 0);
      if (last !== undefined && total <= last.maxPods && this.isScaledFor(last.replicas)) this.specs = [last];
    }
    const settled = this.agreements.filter((atMs) => atMs + stillArrivingMs < nowMs).at(-1) ?? -Infinity;
    this.agreements = this.agreements.filter((atMs) => atMs >= settled);
    for (const [uid, atMs] of this.losses) if (atMs <= settled) this.losses.delete(uid);
    const atSettling = this.samples.filter((sample) => sample.atMs <= settled).slice(-1);
    this.samples = [...atSettling, ...this.samples.filter((sample) => sample.atMs > settled)];
    this.samples.push({ atMs: nowMs, available: this.available().length + this.losses.size });
  }

  private isScaledFor(replicas: number): boolean {
    return [...this.sets.values()].every((set) => {
      const desired = set.metadata.annotations?.["deployment.kubernetes.io/desired-replicas"];
      return wantedReplicas(set) === 0 || desired === String(replicas);
    });
  }

  /** What the statuses say is what is. */
  private isAgreed(): boolean {
    const { deployment } = this;
    if (deployment === undefined || deployment.status?.observedGeneration !== deployment.metadata.generation) return false;
    return [...this.sets.values()].every((set) => {
      const { observedGeneration = 0, replicas = 0, availableReplicas = 0 } = set.status ?? {};
      const active = this.ownPods(set).filter(isPodActive);
      const available = active.filter((pod) => this.isAvailable(pod)).length;
      return (
        observedGeneration === set.metadata.generation &&
        replicas === active.length &&
        availableReplicas === available &&
        active.length <= wantedReplicas(set)
      );
    });
  }

  private rule(holds: boolean, otherwise: string): void {
    if (!holds) throw new BrokenRule(otherwise);
  }
}

function numberOf(set: ReplicaSet | undefined): number {
  return Number(set?.metadata.annotations?.[revisionAnnotation] ?? 0);
}
