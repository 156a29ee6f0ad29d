/** A user's afternoon with one Deployment, chosen by a seed: what it looks like, what is done to it and when, and what goes wrong meanwhile. */
import { deployment as deploymentKind } from "../../src/api/apps/v1/deployment.ts";
import { replicaSet as replicaSetKind } from "../../src/api/apps/v1/replicaSet.ts";
import { pod as podKind } from "../../src/api/core/v1/pod.ts";
import { assert } from "../../src/base/assert.ts";
import { below, seededRng, type Rng } from "../../src/base/rng.ts";
import type { Deployment, DeploymentStrategy } from "../../src/schema/shapes/apps.v1.ts";
import { noFaults, type Faults } from "../../src/testing/faultyTransport.ts";
import type { RolloutModel } from "./rolloutModel.ts";
import type { World, WorldOptions } from "./world.ts";

/** How long the user works and things fail. */
const afternoonMs = 120_000;
/** The virtual time in which all has to be well again afterwards. */
const recoveryMs = 3_600_000;
const key = { namespace: "default", name: "web" };

export interface Scenario {
  readonly world: WorldOptions;
  readonly deployment: Deployment;
  readonly actions: readonly { readonly atMs: number; readonly what: string; run(world: World, model: RolloutModel): Promise<void> }[];
}

function pick<T>(rng: Rng, items: readonly T[]): T {
  const item = items[below(rng, items.length)];
  assert(item !== undefined, "there is something to pick from");
  return item;
}

export function scenarioOf(seed: number): Scenario {
  const rng = seededRng(seed);
  const minReadySeconds = pick(rng, [0, 0, 0, 1, 5, 12]);
  const strategy = pick<() => DeploymentStrategy>(rng, [
    rolling(rng),
    rolling(rng),
    rolling(rng),
    rolling(rng),
    () => ({ type: "Recreate" }),
  ])();
  const deployment: Deployment = {
    metadata: { ...key },
    spec: {
      replicas: 1 + below(rng, 8),
      minReadySeconds,
      revisionHistoryLimit: below(rng, 5),
      progressDeadlineSeconds: pick(
        rng,
        [20, 60, 600, 2_147_483_647].filter((seconds) => seconds > minReadySeconds),
      ),
      strategy,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  };
  const count = 1 + below(rng, 9);
  const actions = Array.from({ length: count }, () => ({ atMs: rng.next() * afternoonMs, ...actionOf(rng) })).sort(
    (a, b) => a.atMs - b.atMs,
  );
  const world: WorldOptions = {
    seed,
    faults: pick(rng, [noFaults, mild, mild, wild]),
    nodes: 2 + below(rng, 4),
    stepMs: pick(rng, [10, 500, 3000, 8000]),
    crashEveryMs: pick(rng, [0, 0, 20_000, 60_000]),
    separateCaches: rng.next() < 0.5,
  };
  return { world, deployment, actions };
}

const mild: Faults = {
  refused: 0.03,
  answerLost: 0.02,
  conflict: 0.03,
  expired: 0.05,
  delayMs: 20,
  watchBreaksWithinMs: 60_000,
  watchLagMs: 50,
};
const wild: Faults = {
  refused: 0.2,
  answerLost: 0.15,
  conflict: 0.15,
  expired: 0.4,
  delayMs: 800,
  watchBreaksWithinMs: 8_000,
  watchLagMs: 1500,
};

function rolling(rng: Rng): () => DeploymentStrategy {
  const maxSurge = pick(rng, [0, 1, 2, "25%", "50%", "100%"]);
  const choices = [0, 1, 2, "25%", "50%"].filter((value) => maxSurge !== 0 || value !== 0);
  return () => ({ type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable: pick(rng, choices) } });
}

type Action = Omit<Scenario["actions"][number], "atMs">;

function actionOf(rng: Rng): Action {
  const roll = rng.next();
  if (roll < 0.3) return setImage(`web:${1 + below(rng, 5)}`);
  if (roll < 0.37) return setImage("web:broken");
  if (roll < 0.55) return scale(below(rng, 10));
  if (roll < 0.62) return { what: "pause", run: ({ client }) => patch(client, { spec: { paused: true } }) };
  if (roll < 0.69) return { what: "resume", run: ({ client }) => patch(client, { spec: { paused: false } }) };
  if (roll < 0.78) return undo(rng.next());
  if (roll < 0.83) return restart(below(rng, 1000));
  if (roll < 0.9) return deletePod(rng.next());
  if (roll < 0.95) return loseNode(rng.next(), rng.next() * 40_000);
  return { what: "restart the controllers", run: (world) => world.restartControllers() };
}

function patch(client: World["client"], change: object): Promise<void> {
  return client.patch(deploymentKind, key, "strategic", change).then(() => undefined);
}

function setImage(image: string): Action {
  const change = { spec: { template: { spec: { containers: [{ name: "web", image }] } } } };
  return { what: `image ${image}`, run: ({ client }) => patch(client, change) };
}

function scale(replicas: number): Action {
  return {
    what: `scale to ${replicas}`,
    run: async ({ client }) => void (await client.patch(deploymentKind, key, "merge", { spec: { replicas } }, "scale")),
  };
}

function restart(at: number): Action {
  const annotations = { "kubectl.kubernetes.io/restartedAt": `t${at}` };
  return { what: "rollout restart", run: ({ client }) => patch(client, { spec: { template: { metadata: { annotations } } } }) };
}

/** As kubectl rollout undo does: an old ReplicaSet's template, without its hash, becomes the Deployment's. */
function undo(which: number): Action {
  return {
    what: "rollout undo",
    async run({ client }) {
      const sets = (await client.list(replicaSetKind, { namespace: "default" })).items;
      const now = await client.get(deploymentKind, key);
      const current = now?.metadata.annotations?.["deployment.kubernetes.io/revision"];
      const old = sets.filter((set) => set.metadata.annotations?.["deployment.kubernetes.io/revision"] !== current);
      const target = old[Math.floor(which * old.length)];
      if (target?.spec.template === undefined || now === undefined || now.spec.paused === true) return;
      const { "pod-template-hash": _hash, ...labels } = target.spec.template.metadata?.labels ?? {};
      const template = { ...target.spec.template, metadata: { ...target.spec.template.metadata, labels } };
      await client.patch(deploymentKind, key, "json", [{ op: "replace", path: "/spec/template", value: template }]);
    },
  };
}

function deletePod(which: number): Action {
  return {
    what: "delete a pod",
    async run({ client }, model) {
      const pods = [...model.pods.values()];
      const victim = pods[Math.floor(which * pods.length)];
      if (victim === undefined) return;
      model.deletedByUser.add(victim.metadata.uid ?? "");
      await client.delete(podKind, { namespace: "default", name: victim.metadata.name });
    },
  };
}

function loseNode(which: number, forMs: number): Action {
  return {
    what: `lose a node for ${Math.round(forMs)} ms`,
    run: ({ actor, nodes }) => actor.loseNode(nodes[Math.floor(which * nodes.length)] ?? "", forMs),
  };
}

/** Plays it to its end and lets all become well; throws when it doesn't, or when a rule is broken on the way. */
export async function play(scenario: Scenario, world: World, model: RolloutModel): Promise<void> {
  const { clock, client } = world;
  let broken: unknown;
  world.onChange((change) => {
    try {
      if (broken === undefined) model.apply(change);
    } catch (error) {
      broken = error;
    }
  });
  const until = async (atMs: number, predicate: () => boolean, limitMs: number): Promise<void> => {
    if (atMs > clock.now()) await clock.advance(atMs - clock.now());
    await clock.runUntil(() => broken !== undefined || predicate(), limitMs);
    if (broken !== undefined) throw broken;
  };
  const during = async (action: Promise<unknown>): Promise<void> => {
    let done = false;
    const finished = action.finally(() => (done = true));
    finished.catch(() => undefined);
    await until(0, () => done, 600_000);
    await finished;
  };

  const startMs = clock.now();
  await during(client.create(deploymentKind, structuredClone(scenario.deployment)));
  for (const { atMs, what, ...action } of scenario.actions) {
    await until(startMs + atMs, () => true, 0);
    if (process.env["TRACE"] !== undefined) console.log(`the user: ${what}`);
    await during(action.run(world, model));
  }
  await until(startMs + afternoonMs, () => true, 0);
  world.calm();
  await during(patch(client, { spec: { paused: false, template: { spec: { containers: [{ name: "web", image: "web:final" }] } } } }));
  await until(0, () => isWell(model), recoveryMs);
}

/** The last template on all replicas, nothing left of the old ones, and the status says so. */
function isWell(model: RolloutModel): boolean {
  const { deployment } = model;
  if (deployment === undefined) return false;
  return isComplete(deployment) && isCleanedUp(model, deployment);
}

function isComplete(deployment: Deployment): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  const { observedGeneration, replicas, updatedReplicas, availableReplicas, unavailableReplicas, terminatingReplicas, conditions } =
    deployment.status ?? {};
  const progressing = conditions?.find((condition) => condition.type === "Progressing");
  const hasDeadline = deployment.spec.progressDeadlineSeconds !== 2_147_483_647;
  return (
    observedGeneration === deployment.metadata.generation &&
    [replicas, updatedReplicas, availableReplicas].every((count) => (count ?? 0) === wanted) &&
    [unavailableReplicas, terminatingReplicas].every((count) => (count ?? 0) === 0) &&
    progressing?.reason === (hasDeadline ? "NewReplicaSetAvailable" : undefined)
  );
}

function isCleanedUp(model: RolloutModel, deployment: Deployment): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  const sets = [...model.sets.values()];
  const [current, ...twins] = sets.filter((set) => set.spec.template?.spec.containers[0]?.image === "web:final");
  const revision = "deployment.kubernetes.io/revision";
  return (
    twins.length === 0 &&
    current?.spec.replicas === wanted &&
    current.metadata.annotations?.[revision] === deployment.metadata.annotations?.[revision] &&
    model.pods.size === wanted &&
    model.available().length === wanted &&
    sets.length - 1 <= (deployment.spec.revisionHistoryLimit ?? 10)
  );
}
