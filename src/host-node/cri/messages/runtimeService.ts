/** The calls of CRI v1's RuntimeService with what they take and give. Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto */
import { type Message, message } from "../codec.ts";
import type { Method } from "../grpc.ts";
import {
  type Container,
  type ContainerConfig,
  container,
  containerConfig,
  type ContainerStatus,
  containerStatus,
  type Resources,
  resources,
} from "./container.ts";
import { type Sandbox, sandbox, type SandboxConfig, sandboxConfig, type SandboxStatus, sandboxStatus } from "./sandbox.ts";

type Texts = Readonly<Record<string, string>>;
const empty: Message<object> = message<object>({});

function method<Q extends object, A extends object>(name: string, request: Message<Q>, response: Message<A>): Method<Q, A> {
  return { path: `/runtime.v1.RuntimeService/${name}`, request, response };
}

interface SandboxId {
  readonly pod_sandbox_id: string;
}
interface ContainerId {
  readonly container_id: string;
}
const sandboxId: Message<SandboxId> = message<SandboxId>({ pod_sandbox_id: [1, "text"] });
const containerId: Message<ContainerId> = message<ContainerId>({ container_id: [1, "text"] });

interface VersionQuery {
  readonly version: string;
}
export interface VersionAnswer {
  readonly runtime_name: string;
  readonly runtime_version: string;
  readonly runtime_api_version: string;
}
export const version: Method<VersionQuery, VersionAnswer> = method(
  "Version",
  message<VersionQuery>({ version: [1, "text"] }),
  message<VersionAnswer>({ runtime_name: [2, "text"], runtime_version: [3, "text"], runtime_api_version: [4, "text"] }),
);

interface Condition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}
interface RuntimeConditions {
  readonly conditions: readonly Condition[];
}
interface RuntimeFeatures {
  readonly supplemental_groups_policy: boolean;
}
interface StatusQuery {
  readonly verbose: boolean;
}
export interface StatusAnswer {
  readonly status: RuntimeConditions | undefined;
  readonly info: Texts;
  /** Undefined before CRI's v0.31. */
  readonly features: RuntimeFeatures | undefined;
}
const condition: Message<Condition> = message<Condition>({
  type: [1, "text"],
  status: [2, "bool"],
  reason: [3, "text"],
  message: [4, "text"],
});
export const status: Method<StatusQuery, StatusAnswer> = method(
  "Status",
  message<StatusQuery>({ verbose: [1, "bool"] }),
  message<StatusAnswer>({
    status: [1, message<RuntimeConditions>({ conditions: [1, condition, "repeated"] })],
    info: [2, "texts"],
    features: [4, message<RuntimeFeatures>({ supplemental_groups_policy: [1, "bool"] })],
  }),
);

interface LinuxRuntimeConfig {
  /** 0: systemd; 1: the runtime itself. */
  readonly cgroup_driver: number;
}
interface RuntimeConfigAnswer {
  readonly linux: LinuxRuntimeConfig | undefined;
}
/** Since CRI v0.28. */
export const runtimeConfig: Method<object, RuntimeConfigAnswer> = method(
  "RuntimeConfig",
  empty,
  message<RuntimeConfigAnswer>({ linux: [1, message<LinuxRuntimeConfig>({ cgroup_driver: [1, "int"] })] }),
);

interface RunPodSandbox {
  readonly config: SandboxConfig | undefined;
  readonly runtime_handler: string;
}
export const runPodSandbox: Method<RunPodSandbox, SandboxId> = method(
  "RunPodSandbox",
  message<RunPodSandbox>({ config: [1, sandboxConfig], runtime_handler: [2, "text"] }),
  sandboxId,
);
export const stopPodSandbox: Method<SandboxId, object> = method("StopPodSandbox", sandboxId, empty);
export const removePodSandbox: Method<SandboxId, object> = method("RemovePodSandbox", sandboxId, empty);

interface SandboxStatusQuery extends SandboxId {
  readonly verbose: boolean;
}
interface SandboxStatusAnswer {
  readonly status: SandboxStatus | undefined;
  readonly info: Texts;
}
export const podSandboxStatus: Method<SandboxStatusQuery, SandboxStatusAnswer> = method(
  "PodSandboxStatus",
  message<SandboxStatusQuery>({ pod_sandbox_id: [1, "text"], verbose: [2, "bool"] }),
  message<SandboxStatusAnswer>({ status: [1, sandboxStatus], info: [2, "texts"] }),
);

interface SandboxFilter {
  readonly id: string;
  readonly label_selector: Texts;
}
interface SandboxQuery {
  readonly filter: SandboxFilter | undefined;
}
interface SandboxList {
  readonly items: readonly Sandbox[];
}
export const listPodSandbox: Method<SandboxQuery, SandboxList> = method(
  "ListPodSandbox",
  message<SandboxQuery>({ filter: [1, message<SandboxFilter>({ id: [1, "text"], label_selector: [3, "texts"] })] }),
  message<SandboxList>({ items: [1, sandbox, "repeated"] }),
);

interface CreateContainer extends SandboxId {
  readonly config: ContainerConfig | undefined;
  readonly sandbox_config: SandboxConfig | undefined;
}
export const createContainer: Method<CreateContainer, ContainerId> = method(
  "CreateContainer",
  message<CreateContainer>({ pod_sandbox_id: [1, "text"], config: [2, containerConfig], sandbox_config: [3, sandboxConfig] }),
  containerId,
);
export const startContainer: Method<ContainerId, object> = method("StartContainer", containerId, empty);

interface StopContainer extends ContainerId {
  /** Seconds. */
  readonly timeout: number;
}
export const stopContainer: Method<StopContainer, object> = method(
  "StopContainer",
  message<StopContainer>({ container_id: [1, "text"], timeout: [2, "int"] }),
  empty,
);
export const removeContainer: Method<ContainerId, object> = method("RemoveContainer", containerId, empty);
export const reopenContainerLog: Method<ContainerId, object> = method("ReopenContainerLog", containerId, empty);

interface UpdateContainer extends ContainerId {
  readonly linux: Resources | undefined;
}
export const updateContainerResources: Method<UpdateContainer, object> = method(
  "UpdateContainerResources",
  message<UpdateContainer>({ container_id: [1, "text"], linux: [2, resources] }),
  empty,
);

interface ContainerFilter {
  readonly id: string;
  readonly pod_sandbox_id: string;
  readonly label_selector: Texts;
}
interface ContainerQuery {
  readonly filter: ContainerFilter | undefined;
}
interface ContainerList {
  readonly containers: readonly Container[];
}
const containerFilter: Message<ContainerFilter> = message<ContainerFilter>({
  id: [1, "text"],
  pod_sandbox_id: [3, "text"],
  label_selector: [4, "texts"],
});
export const listContainers: Method<ContainerQuery, ContainerList> = method(
  "ListContainers",
  message<ContainerQuery>({ filter: [1, containerFilter] }),
  message<ContainerList>({ containers: [1, container, "repeated"] }),
);

interface ContainerStatusQuery extends ContainerId {
  readonly verbose: boolean;
}
interface ContainerStatusAnswer {
  readonly status: ContainerStatus | undefined;
  readonly info: Texts;
}
export const containerStatusOf: Method<ContainerStatusQuery, ContainerStatusAnswer> = method(
  "ContainerStatus",
  message<ContainerStatusQuery>({ container_id: [1, "text"], verbose: [2, "bool"] }),
  message<ContainerStatusAnswer>({ status: [1, containerStatus], info: [2, "texts"] }),
);
