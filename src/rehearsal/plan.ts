/** What is rehearsed: the objects that stand before, the steps of the change, and the way back. Pure data; strategies.ts makes plans, runPlan.ts does them. */
import { assertNever } from "../base/assert.ts";
import type { Kind, KindRef, KubeObject } from "../machinery/kind.ts";
import type { Deployment } from "../schema/shapes/apps.v1.ts";
import type { Container, Service } from "../schema/shapes/core.v1.ts";
import { selects } from "../machinery/pods.ts";
import { deploymentsIn, identityOf, type ManifestObject, RehearsalError, servicesIn } from "./manifests.ts";

export type Step =
  /** Created, or changed as `kubectl apply` would change it, going by what it was before. */
  | { readonly type: "apply"; readonly kind: Kind; readonly object: KubeObject; readonly original: KubeObject | undefined }
  | { readonly type: "patch"; readonly kind: KindRef; readonly name: string; readonly patch: object; readonly text: string }
  | { readonly type: "scale"; readonly deployment: string; readonly replicas: number }
  /** As `kubectl rollout status`. */
  | { readonly type: "waitRollout"; readonly deployment: string }
  /** Until so many pods of a Deployment count as available. */
  | { readonly type: "waitAvailable"; readonly deployment: string; readonly count: number }
  | { readonly type: "hold"; readonly seconds: number; readonly why: string }
  | { readonly type: "delete"; readonly kind: KindRef; readonly name: string };

export interface Plan {
  /** `rolling`, `canary`, ... or `apply`. */
  readonly name: string;
  readonly before: readonly ManifestObject[];
  readonly change: readonly Step[];
  readonly rollback: {
    /** Brings about the state from which one rolls back; not timed. */
    readonly prepare: readonly Step[];
    readonly steps: readonly Step[];
  };
  /** The Deployments behind the Service, as they are after the change: their manifests are what fixes are for. */
  readonly subjects: readonly Deployment[];
  /** What the plan's order risks. */
  readonly order: "switchesEarly" | "scalesDownEarly" | "inOrder";
}

export interface ImageChange {
  readonly deployment: string;
  /** `*`: all. */
  readonly container: string;
  readonly image: string;
}

/** `deployment/hello hello=hello:2.0.0` in its two words; undefined: it is something else. */
export function parseImageChange(target: string, assignment: string | undefined): ImageChange | undefined {
  const [, deployment = ""] = /^(?:deployment|deployments|deploy|deployment\.apps)\/(.+)$/.exec(target) ?? [];
  const [, container = "", image = ""] = /^([^=]+)=(.+)$/.exec(assignment ?? "") ?? [];
  return deployment === "" || image === "" ? undefined : { deployment, container, image };
}

export function findDeployment(objects: readonly ManifestObject[], name: string): Deployment {
  const found = deploymentsIn(objects).find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return found;
  const names = deploymentsIn(objects).map(({ metadata }) => metadata.name);
  throw new RehearsalError(
    `There is no Deployment "${name}" in the manifests${names.length === 0 ? "" : ` (there is ${names.join(", ")})`}.`,
  );
}

/** By name, or the only one there is. */
export function findService(objects: readonly ManifestObject[], name: string | undefined): Service {
  const all = servicesIn(objects);
  const [first] = name === undefined ? all : all.filter(({ metadata }) => metadata.name === name);
  if (name === undefined && all.length > 1) {
    throw new RehearsalError(
      `The manifests have ${all.length} Services: say which with --service (${all.map(({ metadata }) => metadata.name).join(", ")}).`,
    );
  }
  if (first === undefined) {
    throw new RehearsalError(
      name === undefined ? "The manifests have no Service to send requests to." : `There is no Service "${name}" in the manifests.`,
    );
  }
  return first;
}

/** The Deployment with other images. Throws when it has no such container. */
export function withImage(deployment: Deployment, { container, image }: ImageChange): Deployment {
  const changed = structuredClone(deployment);
  const containers = changed.spec.template.spec?.containers ?? [];
  const hit = containers.filter(({ name }) => container === "*" || name === container);
  if (hit.length === 0) {
    const names = containers.map(({ name }) => name).join(", ");
    throw new RehearsalError(`Deployment "${deployment.metadata.name}" has no container "${container}" (it has ${names}).`);
  }
  for (const each of hit) each.image = image;
  return changed;
}

export function imagesPatch(deployment: Deployment): {
  readonly spec: { readonly template: { readonly spec: { readonly containers: Pick<Container, "name" | "image">[] } } };
} {
  const containers = (deployment.spec.template.spec?.containers ?? []).map(({ name, image }) => ({ name, image }));
  return { spec: { template: { spec: { containers } } } };
}

export interface ApplyOptions {
  readonly service: Service;
  /** New Deployments first, and wait for them before the Service is switched or anything is scaled down. */
  readonly careful: boolean;
}

/** `--apply`: the later manifests over the earlier ones, then wait for every Deployment that they hold. */
export function applyPlan(before: readonly ManifestObject[], after: readonly ManifestObject[], { service, careful }: ApplyOptions): Plan {
  const order = orderOf(before, after, service);
  const later = careful ? after.filter((each) => isSwitch(each, service) || shrinks(each, counterpart(before, each))) : [];
  const first = after.filter((each) => !later.includes(each));
  const known = before.filter((each) => counterpart(after, each) !== undefined);
  return {
    name: "apply",
    before,
    change: [...first.map((each) => applied(each, before)), ...wait(first), ...later.map((each) => applied(each, before)), ...wait(later)],
    rollback: { prepare: [], steps: [...known.map((each) => applied(each, after)), ...wait(known)] },
    subjects: subjectsOf(before, after, service),
    order: careful ? "inOrder" : order,
  };
}

function applied(each: ManifestObject, from: readonly ManifestObject[]): Step {
  return { type: "apply", kind: each.kind, object: each.object, original: counterpart(from, each) };
}

function counterpart(objects: readonly ManifestObject[], { kind, object }: ManifestObject): KubeObject | undefined {
  return objects.find((each) => identityOf(each.kind, each.object.metadata.name) === identityOf(kind, object.metadata.name))?.object;
}

function wait(objects: readonly ManifestObject[]): Step[] {
  return deploymentsIn(objects).map(({ metadata }): Step => ({ type: "waitRollout", deployment: metadata.name }));
}

/** What an apply of everything at once risks. */
function orderOf(before: readonly ManifestObject[], after: readonly ManifestObject[], service: Service): Plan["order"] {
  const was = servicesIn(before).find((each) => each.metadata.name === service.metadata.name)?.spec.selector;
  const is = servicesIn(after).find((each) => each.metadata.name === service.metadata.name)?.spec.selector;
  if (was !== undefined && is !== undefined && JSON.stringify(was) !== JSON.stringify(is)) return "switchesEarly";
  const earlier = new Map(deploymentsIn(before).map((deployment) => [deployment.metadata.name, deployment]));
  return deploymentsIn(after).some(({ metadata, spec }) => (spec.replicas ?? 1) < (earlier.get(metadata.name)?.spec.replicas ?? 0))
    ? "scalesDownEarly"
    : "inOrder";
}

function isSwitch({ kind, object }: ManifestObject, service: Service): boolean {
  return kind.kind === "Service" && object.metadata.name === service.metadata.name;
}

function shrinks({ kind, object }: ManifestObject, was: KubeObject | undefined): boolean {
  if (kind.kind !== "Deployment" || was === undefined) return false;
  return ((object as Deployment).spec.replicas ?? 1) < ((was as Deployment).spec.replicas ?? 1);
}

/** The later state of each Deployment whose pods the Service selects before or after. */
function subjectsOf(before: readonly ManifestObject[], after: readonly ManifestObject[], service: Service): Deployment[] {
  const selectors = [before, after].flatMap((objects) =>
    servicesIn(objects).flatMap(({ metadata, spec }) => (metadata.name === service.metadata.name ? [spec.selector ?? {}] : [])),
  );
  const newest = new Map([...deploymentsIn(before), ...deploymentsIn(after)].map((deployment) => [deployment.metadata.name, deployment]));
  const found = [...newest.values()].filter(({ spec }) => selectors.some((selector) => selects(selector, spec.template.metadata?.labels)));
  if (found.length > 0) return found;
  throw new RehearsalError(`Service "${service.metadata.name}" selects the pods of no Deployment in the manifests.`);
}

/** One line for the timeline and the terminal. */
export function stepText(step: Step): string {
  switch (step.type) {
    case "apply":
      return `apply ${step.kind.kind} ${step.object.metadata.name}`;
    case "patch":
      return step.text;
    case "scale":
      return `scale ${step.deployment} to ${step.replicas}`;
    case "waitRollout":
      return `wait for the rollout of ${step.deployment}`;
    case "waitAvailable":
      return `wait for ${step.count} pods of ${step.deployment}`;
    case "hold":
      return `hold ${step.seconds} s: ${step.why}`;
    case "delete":
      return `delete ${step.kind.kind} ${step.name}`;
    default:
      return assertNever(step);
  }
}
