/**
 * Starting one container: image, configuration, create, start, postStart. What fails becomes a waiting reason, an event and a back-off.
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer)
 */
import type { Container } from "../../schema/shapes/core.v1.ts";
import { pullSecrets } from "../images/pullSecrets.ts";
import { containerConfig } from "../pod/containerConfig.ts";
import { environmentOf, type EnvSources } from "../pod/env.ts";
import { serviceVariables } from "../pod/serviceLinks.ts";
import { isSidecar, restartsAfter } from "../pod/restarts.ts";
import { StartError, type ContainerConfig, type ContainerStatus, type ImageStatus } from "../ports/runtime.ts";
import { firstBackOffMs, grown, nextRetry } from "./backOff.ts";
import { runHook } from "./hooks.ts";
import type { PodScene } from "./kit.ts";
import { partOf, withKind } from "./podText.ts";
import { applyStatus, recordOf, specOf, type ContainerRecord } from "./record.ts";
import { StartFailure } from "./startFailure.ts";
import { messageMount } from "./terminationMessage.ts";

const firstConfigRetryMs = 1000;
const killGraceMs = 2000;

export async function startContainer(scene: PodScene, name: string): Promise<void> {
  const { pod, record } = scene;
  const spec = specOf(pod, name);
  if (spec === undefined) return;
  const own = recordOf(pod, record, name);
  try {
    const status = await attempt(scene, spec, own);
    own.retry = undefined;
    own.waiting = undefined;
    own.startingId = undefined;
    show(scene, own, status);
  } catch (error) {
    own.startingId = undefined;
    fail(scene, own, error instanceof StartFailure ? error : new StartFailure("CreateContainerError", textOf(error), "config"));
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function warn(scene: PodScene, name: string, text: string): void {
  scene.kit.events.event(partOf(scene.pod, name), "Warning", "Failed", text);
}

function unlessStopping(scene: PodScene): void {
  if (scene.running.aborted) throw new StartFailure("ContainerCreating", "", "aborted");
}

async function attempt(scene: PodScene, spec: Container, own: ContainerRecord): Promise<ContainerStatus> {
  const { kit, pod, record } = scene;
  const { containers } = kit.runtime;
  const part = partOf(pod, spec.name);
  const image = await kit.images.ensure(pod, spec, () => pullSecrets(scene));
  own.pulls = undefined;
  const config = await configOf(scene, spec, own, image);
  const sandboxId = record.sandbox?.id ?? "";
  unlessStopping(scene);
  if (own.current?.state === "created") await containers.remove(own.current.id);
  const id = await containers.create(sandboxId, config).catch((error: unknown) => {
    warn(scene, spec.name, `Error: ${textOf(error)}`);
    throw new StartFailure("CreateContainerError", textOf(error), "config");
  });
  kit.events.event(part, "Normal", "Created", "Container created");
  await unlessStoppingElse(scene, () => containers.remove(id));
  if (own.current?.state === "exited") own.crashes = grown(own.crashes, kit.timers.clock.now());
  own.startingId = id;
  own.image = spec.image ?? "";
  own.resources = spec.resources ?? {};
  try {
    await containers.start(id);
  } catch (error) {
    warn(scene, spec.name, `Error: ${textOf(error)}`);
    show(scene, own, await failedStart(scene, { id, sandboxId, config }, error));
    throw new StartFailure("RunContainerError", textOf(error), "crash");
  }
  kit.events.event(part, "Normal", "Started", "Container started");
  tellLimits(scene, spec);
  await postStart(scene, spec, own, id);
  return (await containers.status(id)) ?? assumed({ id, sandboxId, config }, kit.timers.clock.now());
}

async function unlessStoppingElse(scene: PodScene, undo: () => Promise<void>): Promise<void> {
  if (!scene.running.aborted) return;
  await undo();
  unlessStopping(scene);
}

interface Made {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
}

/** What a started container is taken for when the runtime can't tell. */
function assumed({ id, sandboxId, config }: Made, nowMs: number): ContainerStatus {
  const { name, attempt, image, imageRef } = config;
  return {
    id,
    sandboxId,
    name,
    attempt,
    image,
    imageRef,
    state: "running",
    createdAtMs: nowMs,
    startedAtMs: nowMs,
    finishedAtMs: 0,
    exitCode: 0,
    signal: 0,
    reason: "",
    message: "",
  };
}

async function failedStart(scene: PodScene, made: Made, error: unknown): Promise<ContainerStatus> {
  const told = await scene.kit.runtime.containers.status(made.id).catch(() => undefined);
  if (told?.state === "exited") return told;
  const nowMs = scene.kit.timers.clock.now();
  const exitCode = error instanceof StartError ? error.exitCode : 128;
  return {
    ...assumed(made, nowMs),
    state: "exited",
    startedAtMs: 0,
    finishedAtMs: nowMs,
    exitCode,
    reason: "StartError",
    message: textOf(error),
  };
}

/** Takes over the new attempt; of the older ones only the last is kept, for `logs --previous`. */
function show(scene: PodScene, own: ContainerRecord, status: ContainerStatus): void {
  const dropped = own.current !== undefined && status.attempt > own.current.attempt ? own.last : undefined;
  applyStatus(own, status);
  if (dropped === undefined || dropped.id === "") return;
  scene.kit.runtime.containers.remove(dropped.id).catch((error: unknown) => {
    scene.kit.log.debug("an old attempt could not be removed", { container: dropped.id, error: textOf(error) });
  });
}

async function configOf(scene: PodScene, spec: Container, own: ContainerRecord, image: ImageStatus): Promise<ContainerConfig> {
  const { kit, pod } = scene;
  try {
    await scene.objects.ready();
    const services = await kit.services(pod.metadata.namespace ?? "");
    const env = environmentOf(pod, spec, envSources(scene, serviceVariables(pod, services)));
    const variables = new Map(env.map((variable) => [variable.name, variable.value]));
    const attempt = own.current === undefined ? 0 : own.current.attempt + 1;
    const mounts = [...(await scene.volumes.mountsOf(pod, spec, variables)), ...(await messageMount(scene, spec, attempt))];
    return containerConfig(pod, spec, { attempt, image, env, mounts, capacityBytes: kit.node.memoryBytes });
  } catch (error) {
    warn(scene, spec.name, `Error: ${textOf(error)}`);
    throw new StartFailure("CreateContainerConfigError", textOf(error), "config");
  }
}

/** Where nothing enforces limits, the pod that sets some is told once. */
function tellLimits(scene: PodScene, spec: Container): void {
  const { limits } = scene.kit.runtime;
  if (limits.enforced || scene.record.limitsTold || Object.keys(spec.resources?.limits ?? {}).length === 0) return;
  scene.record.limitsTold = true;
  scene.kit.events.event(
    withKind(scene.pod),
    "Warning",
    "LimitsNotEnforced",
    `Resource limits are not enforced on this node: ${limits.why}`,
  );
}

function envSources(scene: PodScene, variables: ReadonlyMap<string, string>): EnvSources {
  const { kit, pod, objects } = scene;
  return {
    facts: scene.facts(),
    configMap: (name) => objects.configMap(name),
    secret: (name) => objects.secret(name),
    serviceVariables: variables,
    skipped: (kind, name, keys) => {
      const text = `Keys [${keys.join(", ")}] from the EnvFrom ${kind} ${pod.metadata.namespace ?? ""}/${name} were skipped since they are considered invalid environment variable names.`;
      kit.events.event(withKind(pod), "Warning", "InvalidEnvironmentVariableNames", text);
    },
  };
}

async function postStart(scene: PodScene, spec: Container, own: ContainerRecord, containerId: string): Promise<void> {
  const handler = spec.lifecycle?.postStart;
  if (handler === undefined) return;
  const { kit, pod, record } = scene;
  const { timers, probeTools: tools, events, runtime } = kit;
  try {
    await runHook(handler, { container: spec, containerId, podIp: record.ip, tools, timers, signal: scene.running, timeoutMs: 30_000 });
  } catch (error) {
    if (scene.running.aborted) return;
    events.event(partOf(pod, spec.name), "Warning", "FailedPostStartHook", "PostStartHook failed");
    events.event(partOf(pod, spec.name), "Normal", "Killing", "FailedPostStartHook");
    await runtime.containers.stop(containerId, killGraceMs);
    const status = await runtime.containers.status(containerId);
    if (status !== undefined) show(scene, own, status);
    throw new StartFailure("PostStartHookError", textOf(error), "crash");
  }
}

function fail(scene: PodScene, own: ContainerRecord, failure: StartFailure): void {
  const nowMs = scene.kit.timers.clock.now();
  const { reason, message, kind } = failure;
  if (kind === "aborted") return;
  if (kind === "image") {
    warn(scene, own.name, `Error: ${reason}`);
    own.pulls = grown(own.pulls, nowMs);
    own.retry = { delayMs: own.pulls.delayMs, atMs: nowMs + own.pulls.delayMs };
  } else if (kind === "config") {
    own.retry = nextRetry(own.retry, nowMs, firstConfigRetryMs, firstBackOffMs);
  }
  own.waiting = kind === "crash" && isOver(scene, own) ? undefined : { reason, message, sinceMs: nowMs };
}

/** It ended while it was started, and nobody will start it again: how it ended is all there is to show. */
function isOver({ pod }: PodScene, { name, current }: ContainerRecord): boolean {
  const spec = specOf(pod, name);
  return current?.state === "exited" && spec !== undefined && !isSidecar(spec) && !restartsAfter(pod, spec, current.exitCode);
}
