/**
 * The API's view of one container. Upstream: pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses)
 * Left out: device states.
 */
import { rfc3339 } from "../../machinery/time.ts";
import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus } from "../../schema/shapes/core.v1.ts";
import type { ContainerStatus as RuntimeStatus } from "../ports/runtime.ts";
import type { ContainerRecord } from "../worker/record.ts";

export interface StatusScene {
  /** `coxswain-embedded`: the scheme of container ids. */
  readonly runtimeName: string;
  /** What a container waits for that has no reason of its own. */
  readonly defaultReason: "ContainerCreating" | "PodInitializing";
  /** The pod is over: nothing is ready any more. */
  readonly over: boolean;
}

export function containerStatus(container: Container, record: ContainerRecord | undefined, scene: StatusScene): ContainerStatus {
  const current = record?.current;
  const state = stateOf(record, scene);
  const running = state.running !== undefined;
  return {
    name: container.name,
    state,
    lastState: lastStateOf(record, state, scene),
    ready: isReady(record, state) && !(scene.over && running),
    restartCount: current?.attempt ?? 0,
    image: container.image ?? "",
    imageID: current?.imageRef ?? "",
    ...containerIdOf(current, scene),
    started: running && hasStarted(record),
    ...(running ? resourcesOf(container, record) : {}),
    ...mountsOf(container),
    ...(running ? userOf(current) : {}),
  };
}

function containerIdOf(status: RuntimeStatus | undefined, scene: StatusScene): { containerID?: string } {
  return status === undefined || status.id === "" ? {} : { containerID: `${scene.runtimeName}://${status.id}` };
}

function hasStarted(record: ContainerRecord | undefined): boolean {
  return record?.role === "init" || record?.role === "ephemeral" || record?.started === true;
}

function stateOf(record: ContainerRecord | undefined, scene: StatusScene): ContainerState {
  const current = record?.current;
  if (record?.waiting !== undefined) {
    const { reason, message } = record.waiting;
    return { waiting: { reason, ...(message === "" ? {} : { message }) } };
  }
  if (current?.state === "running") return { running: { startedAt: rfc3339(current.startedAtMs) } };
  // A container that has ended for good, as the API takes it, can't be seen running again.
  if (current?.state === "exited" && !(record?.restarting === true && !scene.over)) return { terminated: terminated(current, scene) };
  return { waiting: { reason: scene.defaultReason } };
}

function lastStateOf(record: ContainerRecord | undefined, state: ContainerState, scene: StatusScene): ContainerState {
  const current = record?.current;
  const ended = state.waiting !== undefined && current?.state === "exited" ? current : record?.last;
  return ended?.state === "exited" ? { terminated: terminated(ended, scene) } : {};
}

function terminated(status: RuntimeStatus, scene: StatusScene): ContainerStateTerminated {
  const reason = status.reason === "" ? (status.exitCode === 0 ? "Completed" : "Error") : status.reason;
  return {
    exitCode: status.exitCode,
    ...(status.signal === 0 ? {} : { signal: status.signal }),
    reason,
    ...(status.message === "" ? {} : { message: status.message }),
    ...(status.startedAtMs === 0 ? {} : { startedAt: rfc3339(status.startedAtMs) }),
    ...(status.finishedAtMs === 0 ? {} : { finishedAt: rfc3339(status.finishedAtMs) }),
    ...containerIdOf(status, scene),
  };
}

function isReady(record: ContainerRecord | undefined, state: ContainerState): boolean {
  if (record?.role === "init") return state.terminated?.exitCode === 0;
  if (record?.role === "ephemeral") return false;
  return state.running !== undefined && record?.started === true && record.ready;
}

/** What was granted, and what it has. */
function resourcesOf(container: Container, record: ContainerRecord | undefined): Pick<ContainerStatus, "allocatedResources" | "resources"> {
  const granted = container.resources?.requests;
  const { requests, limits } = record?.resources ?? container.resources ?? {};
  return {
    ...(granted === undefined ? {} : { allocatedResources: granted }),
    resources: { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) },
  };
}

function userOf(current: RuntimeStatus | undefined): Pick<ContainerStatus, "user"> {
  if (current?.user === undefined) return {};
  const { uid, gid, groups } = current.user;
  return { user: { linux: { gid, ...(groups.length === 0 ? {} : { supplementalGroups: [...groups] }), uid } } };
}

function mountsOf(container: Container): Pick<ContainerStatus, "volumeMounts"> {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly: true, recursiveReadOnly: "Disabled" } : {}),
    })),
  };
}
