/**
 * Deployments: observe, plan one step, do it, report. All decisions are in plan.ts and status.ts; here is what touches the API.
 * Left out: the deprecated rollback annotation. Upstream: pkg/controller/deployment/deployment_controller.go
 */
import { deployment as deploymentKind } from "../../api/apps/v1/deployment.ts";
import { replicaSet as replicaSetKind } from "../../api/apps/v1/replicaSet.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { assertNever } from "../../base/assert.ts";
import type { Key, ReadYourWritesClient } from "../../client/client.ts";
import { byOwnerUid, type Informer } from "../../client/informer.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { isApiError } from "../../machinery/status.ts";
import { SelectorError } from "../../machinery/requirements.ts";
import { selectorOf, type Selector } from "../../machinery/selectors.ts";
import type { Deployment, DeploymentStatus, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { adoptAll, keyOf, planClaims, releaseAll, type Claims } from "../framework/claims.ts";
import { TerminalError, type Controller, type Outcome, type Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { watchKind } from "../framework/watchKind.ts";
import { newCondition, progressing, withCondition } from "./conditions.ts";
import type { Action } from "./action.ts";
import { observe, type Observed } from "./observe.ts";
import { plan } from "./plan.ts";
import { hasProgressDeadline, wantedReplicas } from "./replicas.ts";
import { revisionAnnotation, scaleAnnotations } from "./revisions.ts";
import { checkAgainInMs, sameStatus, statusOf } from "./status.ts";
import { sameTemplate } from "./template.ts";

/** Index on ReplicaSets without a controller: their namespace. */
const orphansByNamespace = "orphansByNamespace";

export class DeploymentController implements Controller {
  readonly name = "deployment-controller";
  readonly watches: readonly Watch[];
  private readonly deps: ControllerDeps;
  private readonly client: ReadYourWritesClient;
  private readonly deployments: Informer<Deployment>;
  private readonly replicaSets: Informer<ReplicaSet>;
  private readonly pods: Informer<Pod>;

  constructor(deps: ControllerDeps) {
    this.deps = deps;
    this.client = deps.informers.readYourWrites(deps.client);
    this.deployments = deps.informers.informer(deploymentKind);
    this.replicaSets = deps.informers.informer(replicaSetKind);
    this.pods = deps.informers.informer(podKind);
    this.replicaSets.addIndex(orphansByNamespace, (each) => (controllerOf(each) === undefined ? [each.metadata.namespace ?? ""] : []));
    this.watches = [
      { kind: deploymentKind, via: "self" },
      watchKind(replicaSetKind, (replicaSet, previous) => this.concernedBy(replicaSet, previous)),
      watchKind(podKind, (pod) => this.waitingFor(pod)),
    ];
  }

  async reconcile(key: Key): Promise<Outcome> {
    // A scaling or a revision that was carried out though its answer got lost counts for the next.
    await this.client.resolveDoubts();
    const deployment = this.deployments.get(key);
    if (deployment === undefined) return {};
    const selector = selectorFor(deployment);
    if (selector.empty) return this.refuse(deployment);
    const { adopt, release } = this.claims(deployment, selector);
    const kinds = { client: this.client, ownerKind: deploymentKind, kind: replicaSetKind };
    await adoptAll(kinds, deployment, adopt);
    await releaseAll(kinds, deployment, release);

    let created = false;
    for (const action of plan(this.observe(deployment, selector))) {
      created = (await this.perform(deployment, action)) || created;
    }
    return this.report(this.observe(deployment, selector), created);
  }

  private observe(deployment: Deployment, selector: Selector): Observed {
    return observe(deployment, this.claims(deployment, selector).owned, (replicaSet) =>
      this.pods.byIndex(byOwnerUid, replicaSet.metadata.uid ?? ""),
    );
  }

  private claims(deployment: Deployment, selector: Selector): Claims<ReplicaSet> {
    const { uid = "", namespace = "" } = deployment.metadata;
    const candidates = [...this.replicaSets.byIndex(byOwnerUid, uid), ...this.replicaSets.byIndex(orphansByNamespace, namespace)];
    return planClaims({ owner: deployment, selector, isAlive: (each) => each.metadata.deletionTimestamp === undefined }, candidates);
  }

  /** Gives whether it made a new ReplicaSet. */
  private async perform(deployment: Deployment, action: Action): Promise<boolean> {
    switch (action.type) {
      case "create":
        return this.create(deployment, action.replicaSet);
      case "annotate":
        await this.client.update(replicaSetKind, {
          ...action.replicaSet,
          metadata: { ...action.replicaSet.metadata, annotations: { ...action.annotations } },
          spec: { ...action.replicaSet.spec, minReadySeconds: deployment.spec.minReadySeconds },
        });
        return false;
      case "scale":
        await this.scale(deployment, action.replicaSet, action.replicas);
        return false;
      case "delete": {
        const { uid, resourceVersion } = action.replicaSet.metadata;
        await this.client.deleteObject(replicaSetKind, keyOf(action.replicaSet), {
          propagationPolicy: "Background",
          preconditions: { uid, resourceVersion },
        });
        return false;
      }
      default:
        return assertNever(action);
    }
  }

  private async scale(deployment: Deployment, replicaSet: ReplicaSet, replicas: number): Promise<void> {
    const before = wantedReplicas(replicaSet);
    const annotations = { ...replicaSet.metadata.annotations, ...scaleAnnotations(deployment) };
    await this.client.update(replicaSetKind, {
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations },
      spec: { ...replicaSet.spec, replicas },
    });
    if (replicas !== before) this.tellScaled(deployment, replicaSet.metadata.name, before, replicas);
  }

  private tellScaled(deployment: Deployment, name: string, before: number, after: number): void {
    const direction = before < after ? "up" : "down";
    const message = `Scaled ${direction} replica set ${name} from ${before} to ${after}`;
    this.deps.events.event(deployment, "Normal", "ScalingReplicaSet", message);
  }

  private async create(deployment: Deployment, replicaSet: ReplicaSet): Promise<boolean> {
    const { name } = replicaSet.metadata;
    try {
      await this.client.create(replicaSetKind, replicaSet);
    } catch (error) {
      if (isApiError(error, "AlreadyExists")) return this.meetExisting(deployment, replicaSet, error);
      if (!isNamespaceTerminating(error)) await this.tellCreateFailed(deployment, name, error);
      throw error;
    }
    const replicas = wantedReplicas(replicaSet);
    if (replicas > 0) this.tellScaled(deployment, name, 0, replicas);
    return true;
  }

  /** Of that name there is one: our own from a try whose answer was lost, or another template with the same hash. */
  private async meetExisting(deployment: Deployment, wanted: ReplicaSet, error: Error): Promise<boolean> {
    const existing = await this.client.get(replicaSetKind, keyOf(wanted));
    if (existing === undefined) throw error;
    const isOurs = controllerOf(existing)?.uid === deployment.metadata.uid;
    if (isOurs && sameTemplate(existing.spec.template, deployment.spec.template)) throw error;
    const status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
    await this.client.updateStatus(deploymentKind, { ...deployment, status });
    throw error;
  }

  private async tellCreateFailed(deployment: Deployment, name: string, error: unknown): Promise<void> {
    const parts = progressing("createFailed", deployment, name, error instanceof Error ? error.message : String(error));
    this.deps.events.event(deployment, "Warning", parts.reason, parts.message);
    if (!hasProgressDeadline(deployment)) return;
    const conditions = [...withCondition(deployment.status?.conditions ?? [], newCondition(parts, this.deps.clock.now()))];
    const status: DeploymentStatus = { ...deployment.status, conditions };
    if (!sameStatus(deployment.status, status)) await this.client.updateStatus(deploymentKind, { ...deployment, status });
  }

  /** Writes status and revision if they changed. */
  private async report(observed: Observed, created: boolean): Promise<Outcome> {
    const { deployment, current } = observed;
    const nowMs = this.deps.clock.now();
    const status = statusOf(observed, created, nowMs);
    const revision = current?.metadata.annotations?.[revisionAnnotation];
    const former = deployment.metadata.annotations ?? {};
    const annotations = revision === undefined ? former : { ...former, [revisionAnnotation]: revision };
    if (!sameStatus(deployment.status, status) || former[revisionAnnotation] !== annotations[revisionAnnotation]) {
      await this.client.updateStatus(deploymentKind, { ...deployment, metadata: { ...deployment.metadata, annotations }, status });
    }
    return { requeueAfterMs: checkAgainInMs(deployment, status, nowMs) };
  }

  private async refuse(deployment: Deployment): Promise<Outcome> {
    const message = "This deployment is selecting all pods. A non-empty selector is required.";
    this.deps.events.event(deployment, "Warning", "SelectingAll", message);
    const { generation = 0 } = deployment.metadata;
    if ((deployment.status?.observedGeneration ?? 0) < generation) {
      await this.client.updateStatus(deploymentKind, { ...deployment, status: { ...deployment.status, observedGeneration: generation } });
    }
    return {};
  }

  /** The controllers of a changed ReplicaSet, or for an orphan whoever selects it. */
  private concernedBy(replicaSet: ReplicaSet, previous: ReplicaSet | undefined): readonly Key[] {
    const namespace = replicaSet.metadata.namespace ?? "";
    const states = previous === undefined ? [replicaSet] : [replicaSet, previous];
    const owners = states.flatMap((state) => {
      const owner = controllerOf(state);
      return owner?.kind === deploymentKind.kind ? [{ namespace, name: owner.name }] : [];
    });
    if (controllerOf(replicaSet) !== undefined) return owners;
    const selecting = this.deployments.list(namespace).filter((deployment) => selects(deployment, replicaSet));
    return [...owners, ...selecting.map(keyOf)];
  }

  /** A Recreate rollout waits for the last old pod to be gone. */
  private waitingFor(pod: Pod): readonly Key[] {
    const namespace = pod.metadata.namespace ?? "";
    const owner = controllerOf(pod);
    const replicaSet = owner?.kind === replicaSetKind.kind ? this.replicaSets.get({ namespace, name: owner.name }) : undefined;
    const name = replicaSet === undefined ? undefined : controllerOf(replicaSet)?.name;
    const deployment = name === undefined ? undefined : this.deployments.get({ namespace, name });
    return deployment?.spec.strategy?.type === "Recreate" ? [keyOf(deployment)] : [];
  }
}

function isNamespaceTerminating(error: unknown): boolean {
  return isApiError(error) && (error.status.details?.causes ?? []).some((cause) => cause.reason === "NamespaceTerminating");
}

function selects(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  try {
    return selectorFor(deployment).matches(replicaSet.metadata.labels ?? {});
  } catch {
    return false;
  }
}

function selectorFor(deployment: Deployment): Selector {
  try {
    return selectorOf(deployment.spec.selector);
  } catch (error) {
    if (error instanceof SelectorError) throw new TerminalError(`the selector is invalid: ${error.message}`);
    throw error;
  }
}
