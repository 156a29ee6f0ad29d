/**
 * Concrete fixes for this manifest, out of what was measured: each a strategic merge patch of the Deployment, a change of the plan's order, or advice
 * for the program where no manifest can help. Pure.
 */
import type { Attribution, Cause } from "./causes.ts";
import type { Deployment, DeploymentSpec } from "../schema/shapes/apps.v1.ts";
import type { Container, Probe, Service } from "../schema/shapes/core.v1.ts";

export type FixChange =
  | { readonly type: "patch"; readonly deployment: string; readonly patch: DeploymentPatch }
  /** Do the plan's steps in another order: wait where it did not. */
  | { readonly type: "order"; readonly wait: "beforeSwitch" | "beforeScaleDown" }
  | { readonly type: "advice" };

export interface Fix {
  readonly causes: readonly Cause[];
  readonly title: string;
  readonly reason: string;
  readonly change: FixChange;
}

/** The part of a Deployment that fixes touch. */
export interface DeploymentPatch {
  readonly spec: Partial<Pick<DeploymentSpec, "minReadySeconds" | "strategy">> & {
    readonly template?: {
      readonly spec: {
        readonly terminationGracePeriodSeconds?: number;
        readonly containers?: readonly (Pick<Container, "name"> & Partial<Pick<Container, "readinessProbe" | "lifecycle">>)[];
      };
    };
  };
}

export interface FixInput {
  /** Those behind the Service; at least one. */
  readonly deployments: readonly Deployment[];
  /** Whose pod this is; undefined where it isn't known. */
  readonly deploymentOf: (pod: string) => string | undefined;
  readonly service: Service;
  /** The path that the load asks for. */
  readonly path: string;
  readonly attributions: readonly Attribution[];
  /** The longest that an endpoint's removal took to arrive everywhere. */
  readonly propagationMs: number;
  /** What 99 changes of 100 stay below, where that is known beforehand; else 0. One run sees but a few. */
  readonly profileP99Ms: number;
  /** The slowest answer that came, from the moment it was sent. */
  readonly slowestMs: number;
  /** The longest that a container ran before it crashed; undefined when none did. */
  readonly crashAfterMs: number | undefined;
  /** What the plan does that a patch can't mend. */
  readonly order: "switchesEarly" | "scalesDownEarly" | "inOrder";
}

const marginMs = 1000;
const finishSeconds = 5;

/** What concerns one Deployment goes by the requests that its own pods failed; those of no pod concern all of them. */
export function proposeFixes(input: FixInput): Fix[] {
  const causes = causesOf(input.attributions);
  const each = input.deployments.flatMap((deployment) => {
    const own = input.attributions.filter(({ pod }) => [undefined, deployment.metadata.name].includes(input.deploymentOf(pod)));
    const one = { ...input, deployment, attributions: own };
    const ownCauses = causesOf(own);
    return [strategyFix(one, ownCauses), readinessFix(one, ownCauses), drainFix(one, ownCauses), crashFix(one, ownCauses)];
  });
  const fixes = [orderFix(input, causes), ...each, keepAliveAdvice(causes), applicationAdvice(causes)];
  return fixes.filter((fix) => fix !== undefined);
}

interface OneInput extends FixInput {
  readonly deployment: Deployment;
}

function causesOf(attributions: readonly Attribution[]): ReadonlySet<Cause> {
  return new Set(attributions.map(({ cause }) => cause));
}

/** All patches of one Deployment as one. */
export function combinePatches(fixes: readonly Fix[]): ReadonlyMap<string, DeploymentPatch> {
  const combined = new Map<string, DeploymentPatch>();
  for (const { change } of fixes) {
    if (change.type !== "patch") continue;
    const known = combined.get(change.deployment);
    combined.set(change.deployment, known === undefined ? change.patch : merged(known, change.patch));
  }
  return combined;
}

function merged(a: DeploymentPatch, b: DeploymentPatch): DeploymentPatch {
  const template = b.spec.template === undefined ? a.spec.template : { spec: mergedPodSpec(a.spec.template?.spec, b.spec.template.spec) };
  return { spec: { ...a.spec, ...b.spec, ...(template === undefined ? {} : { template }) } };
}

type PodSpecPatch = NonNullable<DeploymentPatch["spec"]["template"]>["spec"];

function mergedPodSpec(a: PodSpecPatch | undefined, b: PodSpecPatch): PodSpecPatch {
  const byName = new Map((a?.containers ?? []).map((container) => [container.name, container]));
  for (const container of b.containers ?? []) byName.set(container.name, { ...byName.get(container.name), ...container });
  return { ...a, ...b, ...(byName.size === 0 ? {} : { containers: [...byName.values()] }) };
}

function orderFix({ order }: FixInput, causes: ReadonlySet<Cause>): Fix | undefined {
  if (order === "inOrder" || causes.size === 0) return undefined;
  const hit = only(causes, ["noEndpoint", "notReady", "overloaded"]);
  if (hit.length === 0) return undefined;
  return order === "switchesEarly"
    ? {
        causes: hit,
        title: "wait for the new version before the selector is switched",
        reason: "The Service was pointed at pods of which none was ready yet: run 'kubectl rollout status' on the new Deployment first.",
        change: { type: "order", wait: "beforeSwitch" },
      }
    : {
        causes: hit,
        title: "wait for the stable Deployment before the canary is taken away",
        reason:
          "The canary's pods were removed before the stable ones could take their share: run 'kubectl rollout status' on the stable one first.",
        change: { type: "order", wait: "beforeScaleDown" },
      };
}

function strategyFix({ deployment, order }: OneInput, causes: ReadonlySet<Cause>): Fix | undefined {
  const hit = only(causes, ["noEndpoint", "overloaded"]);
  const was = takesAway(deployment.spec);
  if (hit.length === 0 || order !== "inOrder" || was === undefined) return undefined;
  const { strategy, replicas = 1 } = deployment.spec;
  const rollingUpdate = { maxUnavailable: 0, maxSurge: strategy?.rollingUpdate?.maxSurge || (replicas > 3 ? "25%" : 1) };
  return {
    causes: hit,
    title: "take no pod away before its successor is ready (maxUnavailable 0)",
    reason: `${was}, and requests found ${hit.includes("noEndpoint") ? "none" : "too few"}.`,
    change: patchOf(deployment, { strategy: { type: "RollingUpdate", rollingUpdate } }),
  };
}

/** How the strategy takes pods away before others are there; undefined: it doesn't. */
function takesAway({ strategy }: DeploymentSpec): string | undefined {
  if (strategy?.type === "Recreate") return "Recreate ends all pods before it starts new ones";
  const maxUnavailable = strategy?.rollingUpdate?.maxUnavailable ?? "25%";
  const none = maxUnavailable === 0 || maxUnavailable === "0%";
  return none ? undefined : `maxUnavailable ${maxUnavailable} lets that many pods be missing`;
}

function readinessFix({ deployment, service, path, attributions }: OneInput, causes: ReadonlySet<Cause>): Fix | undefined {
  const hit = only(causes, ["notReady"]);
  const [container] = deployment.spec.template.spec?.containers ?? [];
  if (hit.length === 0 || container === undefined) return undefined;
  const port = service.spec.ports?.[0]?.targetPort ?? service.spec.ports?.[0]?.port ?? 80;
  const probe: Probe = { httpGet: { path, port }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 3 };
  const early = attributions.filter(({ cause }) => cause === "notReady").length;
  const others = ["exec", "tcpSocket", "grpc"] as const;
  const cleared = Object.fromEntries(others.filter((name) => container.readinessProbe?.[name] !== undefined).map((name) => [name, null]));
  const now = container.readinessProbe === undefined ? "it has no readiness probe" : "its readiness probe passes before the program serves";
  return {
    causes: hit,
    title: `ask ${path} on port ${port} before a pod counts as ready (readinessProbe)`,
    reason: `${early} requests reached container "${container.name}" before it answered: ${now}.`,
    change: patchOf(deployment, {
      template: { spec: { containers: [{ name: container.name, readinessProbe: { ...probe, ...cleared } }] } },
    }),
  };
}

/** preStop sleep and grace belong together: the second must cover the first. */
function drainFix(input: OneInput, causes: ReadonlySet<Cause>): Fix | undefined {
  const hit = only(causes, ["staleEndpoint", "cutInFlight"]);
  const { deployment } = input;
  const podSpec = deployment.spec.template.spec;
  const [container] = podSpec?.containers ?? [];
  if (hit.length === 0 || podSpec === undefined || container === undefined) return undefined;
  const cut = hit.includes("cutInFlight");
  const graceNow = podSpec.terminationGracePeriodSeconds ?? 30;
  const { sleepSeconds, graceSeconds } = drainTimes(input, { cut, sleepNow: container.lifecycle?.preStop?.sleep?.seconds ?? 0, graceNow });
  const why = drainReason(input, cut);
  if (hasOwnHook(container)) {
    return {
      causes: hit,
      title: `let the preStop hook of "${container.name}" last at least ${sleepSeconds} s, and the grace period ${graceSeconds} s`,
      reason: `${why}; the hook that is there ends sooner.`,
      change: { type: "advice" },
    };
  }
  const hook = { name: container.name, lifecycle: { preStop: { sleep: { seconds: sleepSeconds } } } };
  const longer = graceSeconds > graceNow;
  return {
    causes: hit,
    title: `sleep ${sleepSeconds} s before SIGTERM (preStop)${longer ? `, and a grace period of ${graceSeconds} s to cover it` : ""}`,
    reason: `${why}: the pod must go on serving for that long.`,
    change: patchOf(deployment, {
      template: { spec: { ...(longer ? { terminationGracePeriodSeconds: graceSeconds } : {}), containers: [hook] } },
    }),
  };
}

/** One of which nobody knows how long it takes. */
function hasOwnHook({ lifecycle }: Container): boolean {
  return lifecycle?.preStop?.exec !== undefined || lifecycle?.preStop?.httpGet !== undefined;
}

function drainTimes(
  { propagationMs, profileP99Ms, slowestMs }: OneInput,
  { cut, sleepNow, graceNow }: { cut: boolean; sleepNow: number; graceNow: number },
): { readonly sleepSeconds: number; readonly graceSeconds: number } {
  const drainMs = Math.max(propagationMs, profileP99Ms) + (cut ? slowestMs : 0) + marginMs;
  const sleepSeconds = Math.max(sleepNow, Math.ceil(drainMs / 1000));
  return { sleepSeconds, graceSeconds: Math.max(graceNow, sleepSeconds + Math.ceil(slowestMs / 1000) + finishSeconds) };
}

function drainReason({ propagationMs, profileP99Ms, slowestMs }: OneInput, cut: boolean): string {
  const usually = profileP99Ms > propagationMs ? ` here, and takes up to ${Math.round(profileP99Ms)} ms in 99 cases of 100` : "";
  const slowest = cut ? `, and the slowest answer took ${Math.round(slowestMs)} ms` : "";
  return `endpoint removal took up to ${Math.round(propagationMs)} ms to arrive${usually}${slowest}`;
}

function crashFix({ deployment, crashAfterMs }: OneInput, causes: ReadonlySet<Cause>): Fix | undefined {
  if (!causes.has("crashed") || crashAfterMs === undefined) return undefined;
  const seconds = Math.ceil((crashAfterMs + marginMs) / 1000);
  if ((deployment.spec.minReadySeconds ?? 0) >= seconds) return undefined;
  return {
    causes: ["crashed"],
    title: `let a new pod stand for ${seconds} s before the next one follows (minReadySeconds)`,
    reason: `A new container crashed ${Math.round(crashAfterMs)} ms after its start, when the rollout had gone on: with minReadySeconds it stops at the first one.`,
    change: patchOf(deployment, { minReadySeconds: seconds }),
  };
}

function keepAliveAdvice(causes: ReadonlySet<Cause>): Fix | undefined {
  if (!causes.has("keepAliveClosed")) return undefined;
  return {
    causes: ["keepAliveClosed"],
    title: "let the program end its connections politely",
    reason:
      "No field of a manifest moves open connections: after SIGTERM the program must answer the next request on each with 'Connection: close', and close idle ones only some seconds later. Clients that retry on a fresh connection hide it.",
    change: { type: "advice" },
  };
}

function applicationAdvice(causes: ReadonlySet<Cause>): Fix | undefined {
  if (!causes.has("applicationError")) return undefined;
  return {
    causes: ["applicationError"],
    title: "look at the new version's errors",
    reason: "Ready pods answered with error statuses: no field of the manifest changes that. A canary limits how many users see it.",
    change: { type: "advice" },
  };
}

function patchOf(deployment: Deployment, spec: DeploymentPatch["spec"]): FixChange {
  return { type: "patch", deployment: deployment.metadata.name, patch: { spec } };
}

function only(causes: ReadonlySet<Cause>, wanted: readonly Cause[]): Cause[] {
  return wanted.filter((cause) => causes.has(cause));
}
