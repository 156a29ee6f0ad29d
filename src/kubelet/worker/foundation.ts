/**
 * What a pod stands on: its volumes and its sandbox; and how both go again, with the pod's object at last.
 * Upstream: pkg/kubelet/kubelet.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod), kuberuntime_manager.go (createPodSandbox)
 */
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { goQuote } from "../../machinery/goText.ts";
import { isApiError } from "../../machinery/status.ts";
import type { Pod, ServiceAccountTokenProjection } from "../../schema/shapes/core.v1.ts";
import { sandboxConfig } from "../pod/sandboxConfig.ts";
import type { PayloadSources } from "../volumes/payload.ts";
import { nextRetry } from "./backOff.ts";
import type { PodScene } from "./kit.ts";
import { podText, withKind } from "./podText.ts";

const firstVolumeRetryMs = 500;
const maxVolumeRetryMs = 122_000;
const firstSandboxRetryMs = 1000;
const maxSandboxRetryMs = 60_000;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function payloadSources(scene: PodScene): PayloadSources {
  const { kit, objects } = scene;
  return {
    facts: scene.facts(),
    configMap: (name) => objects.configMap(name),
    secret: (name) => objects.secret(name),
    token: async (projection: ServiceAccountTokenProjection) =>
      kit.volumes.discards === true ? "" : await scene.tokens.token(scene.pod, projection),
  };
}

export async function setUpVolumes(scene: PodScene): Promise<void> {
  const { kit, record } = scene;
  await scene.objects.ready();
  const failures = await scene.volumes.setUp(scene.pod, payloadSources(scene));
  for (const failure of failures) kit.events.event(withKind(scene.pod), "Warning", "FailedMount", failure.message);
  if (failures.length === 0) {
    record.volumesReady = true;
    record.volumesRetry = undefined;
    return;
  }
  record.volumesRetry = nextRetry(record.volumesRetry, kit.timers.clock.now(), firstVolumeRetryMs, maxVolumeRetryMs);
}

/** Upstream: pkg/kubelet/userns/userns_manager.go */
function noUserNamespaces({ spec }: Pod): string {
  return `RuntimeClass handler ${goQuote(spec.runtimeClassName ?? "")} does not support user namespaces`;
}

export async function createSandbox(scene: PodScene): Promise<void> {
  const { kit, pod, record } = scene;
  const { sandboxes } = kit.runtime;
  const old = record.sandbox;
  try {
    if (old !== undefined) {
      kit.events.event(withKind(pod), "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
      await sandboxes.stop(old.id);
      record.sandbox = undefined;
    }
    if (pod.spec.hostUsers === false && kit.runtime.userNamespaces !== true) throw new Error(noUserNamespaces(pod));
    const config = sandboxConfig(pod, record.nextSandboxAttempt, kit.node.name, kit.node.dns);
    record.nextSandboxAttempt += 1;
    const made = await sandboxes.run(config);
    record.sandbox = made;
    record.cgroup = config.cgroup;
    record.whole = pod.spec.resources;
    record.ip = made.ip;
    record.sandboxRetry = undefined;
  } catch (error) {
    const text = `Failed to create pod sandbox: ${textOf(error)}`;
    kit.events.event(withKind(pod), "Warning", "FailedCreatePodSandBox", text);
    record.sandboxRetry = nextRetry(record.sandboxRetry, kit.timers.clock.now(), firstSandboxRetryMs, maxSandboxRetryMs);
  }
}

/** Nothing runs any more: frees the network and the volumes. The attempts stay for their logs. */
export async function tearDown(scene: PodScene): Promise<void> {
  const { kit, pod, record } = scene;
  const { sandbox } = record;
  if (sandbox !== undefined) {
    record.sandbox = { ...sandbox, state: "notReady" };
    await kit.runtime.sandboxes.stop(sandbox.id);
  }
  await kit.volumes.remove(pod.metadata.uid ?? "");
  record.tornDown = true;
}

/** Removes what is left on the node, and the pod's object once its final status has been written. */
export async function release(scene: PodScene, objectIsGone: boolean): Promise<void> {
  const { kit, pod, record } = scene;
  const { runtime } = kit;
  if (!objectIsGone) await deleteObject(scene);
  const attempts = [...record.containers.values()].flatMap((container) => [container.last, container.current]);
  for (const attempt of attempts) if (attempt !== undefined && attempt.id !== "") await runtime.containers.remove(attempt.id);
  if (record.sandbox !== undefined) await runtime.sandboxes.remove(record.sandbox.id);
  record.released = true;
  kit.log.debug("a pod is gone from this node", { pod: podText(pod) });
}

async function deleteObject(scene: PodScene): Promise<void> {
  const { kit, pod } = scene;
  await scene.status.flushed();
  const { name, namespace = "", uid } = pod.metadata;
  try {
    await kit.client.delete(podKind, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    if (!isApiError(error, "Conflict") && !isApiError(error, "NotFound")) throw error;
  }
}
