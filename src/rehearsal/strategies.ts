/**
 * The ways to ship one change of image, generated from a Deployment and its Service: rolling, recreate, canary, blue-green. Pure. Canary and blue/green
 * are made the way the lab teaches them: a second Deployment, and the Service's selector.
 */
import { assertNever } from "../base/assert.ts";
import { deployment as deploymentKind } from "../api/apps/v1/deployment.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import type { Deployment } from "../schema/shapes/apps.v1.ts";
import type { Service } from "../schema/shapes/core.v1.ts";
import type { ManifestObject } from "./manifests.ts";
import { imagesPatch, type Plan, type Step } from "./plan.ts";

export const strategyNames = ["rolling", "recreate", "canary", "blue-green"] as const;
export type StrategyName = (typeof strategyNames)[number];

export interface StrategyInput {
  readonly before: readonly ManifestObject[];
  readonly service: Service;
  readonly current: Deployment;
  /** The same Deployment as it shall be. */
  readonly next: Deployment;
  /** How long each stage of a canary is watched. */
  readonly holdSeconds: number;
}

export function isStrategyName(text: string): text is StrategyName {
  return strategyNames.some((name) => name === text);
}

export function planFor(strategy: StrategyName, input: StrategyInput): Plan {
  switch (strategy) {
    case "rolling":
      return inPlace("rolling", input, input.current);
    case "recreate":
      return inPlace("recreate", input, withRecreate(input.current));
    case "canary":
      return canary(input);
    case "blue-green":
      return blueGreen(input);
    default:
      return assertNever(strategy);
  }
}

/** The Deployment's own strategy does it: `kubectl set image`. */
function inPlace(name: "rolling" | "recreate", { before, next }: StrategyInput, current: Deployment): Plan {
  const deployment = current.metadata.name;
  return {
    name,
    before: replaced(before, current),
    change: [setImages(next), { type: "waitRollout", deployment }],
    rollback: { prepare: [], steps: [setImages(current), { type: "waitRollout", deployment }] },
    subjects: [{ ...next, spec: { ...next.spec, strategy: current.spec.strategy } }],
    order: "inOrder",
  };
}

function withRecreate(deployment: Deployment): Deployment {
  return { ...deployment, spec: { ...deployment.spec, strategy: { type: "Recreate" } } };
}

function setImages(to: Deployment): Step {
  const images = (to.spec.template.spec?.containers ?? []).map(({ image }) => image).join(", ");
  const { name } = to.metadata;
  return { type: "patch", kind: deploymentKind, name, patch: imagesPatch(to), text: `set image of ${name} to ${images}` };
}

const trackLabel = "rehearsal.coxswain.dev/track";

/** First one pod in ten, then one in two, of the new version beside the old; then the old Deployment is updated and the canary goes. */
function canary({ before, current, next, holdSeconds }: StrategyInput): Plan {
  const replicas = current.spec.replicas ?? 1;
  const few = Math.max(1, Math.round(replicas / 10));
  const half = Math.max(few, Math.ceil(replicas / 2));
  const name = `${current.metadata.name}-canary`;
  const create = (count: number): Step => ({
    type: "apply",
    kind: deploymentKind,
    object: tracked(next, { name, track: "canary", replicas: count }),
    original: undefined,
  });
  const remove: Step[] = [
    { type: "scale", deployment: name, replicas: 0 },
    { type: "waitRollout", deployment: name },
  ];
  const rollout: Step = { type: "waitRollout", deployment: name };
  return {
    name: "canary",
    before,
    change: [
      create(few),
      rollout,
      { type: "hold", seconds: holdSeconds, why: `watch the canary with ${few} of ${replicas + few} pods` },
      { type: "scale", deployment: name, replicas: half },
      rollout,
      { type: "hold", seconds: holdSeconds, why: `watch the canary with ${half} of ${replicas + half} pods` },
      setImages(next),
      { type: "waitRollout", deployment: current.metadata.name },
      ...remove,
      { type: "delete", kind: deploymentKind, name },
    ],
    rollback: {
      prepare: [setImages(current), { type: "waitRollout", deployment: current.metadata.name }, create(half), rollout],
      steps: remove,
    },
    subjects: [next],
    order: "inOrder",
  };
}

/** The whole new version beside the old, then the Service's selector is switched at once. */
function blueGreen({ before, service, current, next }: StrategyInput): Plan {
  const replicas = current.spec.replicas ?? 1;
  const blue = labelled(current, "blue");
  const name = `${current.metadata.name}-green`;
  const green = tracked(next, { name, track: "green", replicas });
  const selecting = (track: string): Step => ({
    type: "patch",
    kind: serviceKind,
    name: service.metadata.name,
    patch: { spec: { selector: { [trackLabel]: track } } },
    text: `switch Service ${service.metadata.name} to ${track}`,
  });
  const bluesService: Service = { ...service, spec: { ...service.spec, selector: { ...service.spec.selector, [trackLabel]: "blue" } } };
  return {
    name: "blue-green",
    before: replaced(replaced(before, blue), bluesService),
    change: [
      { type: "apply", kind: deploymentKind, object: green, original: undefined },
      { type: "waitRollout", deployment: name },
      selecting("green"),
    ],
    rollback: { prepare: [], steps: [selecting("blue")] },
    subjects: [next],
    order: "inOrder",
  };
}

/** A Deployment of its own beside the original: another name, and a label that tells its pods apart. */
function tracked(from: Deployment, { name, track, replicas }: { name: string; track: string; replicas: number }): Deployment {
  const copy = labelled(from, track);
  copy.metadata = {
    name,
    ...(from.metadata.namespace === undefined ? {} : { namespace: from.metadata.namespace }),
    labels: { ...from.metadata.labels },
  };
  copy.spec.replicas = replicas;
  copy.spec.selector = { ...copy.spec.selector, matchLabels: { ...copy.spec.selector?.matchLabels, [trackLabel]: track } };
  return copy;
}

function labelled(from: Deployment, track: string): Deployment {
  const copy = structuredClone(from);
  const { metadata } = copy.spec.template;
  copy.spec.template.metadata = { ...metadata, name: metadata?.name ?? "", labels: { ...metadata?.labels, [trackLabel]: track } };
  return copy;
}

function replaced(objects: readonly ManifestObject[], by: Deployment | Service): ManifestObject[] {
  return objects.map((each) =>
    each.kind.kind === by.kind && each.object.metadata.name === by.metadata.name ? { ...each, object: by } : each,
  );
}
