/** CRI v1's messages about containers, as facts: names and numbers of the fields that are used. Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto */
import { type Message, message } from "../codec.ts";
import { int64Value, namespaceOption, securityProfile } from "./sandbox.ts";

export interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}
const metadata: Message<ContainerMetadata> = message<ContainerMetadata>({ name: [1, "text"], attempt: [2, "int"] });

export interface ImageSpec {
  readonly image: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly user_specified_image: string;
}
export const imageSpec: Message<ImageSpec> = message<ImageSpec>({
  image: [1, "text"],
  annotations: [2, "texts"],
  user_specified_image: [18, "text"],
});

interface Mount {
  readonly container_path: string;
  readonly host_path: string;
  readonly readonly: boolean;
}
const mount: Message<Mount> = message<Mount>({ container_path: [1, "text"], host_path: [2, "text"], readonly: [3, "bool"] });

interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
}
const keyValue: Message<KeyValue> = message<KeyValue>({ key: [1, "text"], value: [2, "bytes"] });

export interface Resources {
  readonly cpu_period: number;
  readonly cpu_quota: number;
  readonly cpu_shares: number;
  readonly memory_limit_in_bytes: number;
  readonly oom_score_adj: number;
}
export const resources: Message<Resources> = message<Resources>({
  cpu_period: [1, "int"],
  cpu_quota: [2, "int"],
  cpu_shares: [3, "int"],
  memory_limit_in_bytes: [4, "int"],
  oom_score_adj: [5, "int"],
});

interface Capability {
  readonly add_capabilities: readonly string[];
  readonly drop_capabilities: readonly string[];
}
type Shape<M> = M extends Message<infer T> ? T : never;

interface ContainerSecurity {
  readonly capabilities: Capability | undefined;
  readonly privileged: boolean;
  readonly namespace_options: Shape<typeof namespaceOption> | undefined;
  readonly run_as_user: Shape<typeof int64Value> | undefined;
  readonly run_as_group: Shape<typeof int64Value> | undefined;
  readonly readonly_rootfs: boolean;
  readonly supplemental_groups: readonly number[];
  /** 0: the image's groups too; 1: only those given. Newer runtimes only. */
  readonly supplemental_groups_policy: number;
  readonly no_new_privs: boolean;
  readonly masked_paths: readonly string[];
  readonly readonly_paths: readonly string[];
  readonly seccomp: Shape<typeof securityProfile> | undefined;
}
const security: Message<ContainerSecurity> = message<ContainerSecurity>({
  capabilities: [1, message<Capability>({ add_capabilities: [1, "text", "repeated"], drop_capabilities: [2, "text", "repeated"] })],
  privileged: [2, "bool"],
  namespace_options: [3, namespaceOption],
  run_as_user: [5, int64Value],
  readonly_rootfs: [7, "bool"],
  supplemental_groups: [8, "int", "repeated"],
  no_new_privs: [11, "bool"],
  run_as_group: [12, int64Value],
  masked_paths: [13, "text", "repeated"],
  readonly_paths: [14, "text", "repeated"],
  seccomp: [15, securityProfile],
  supplemental_groups_policy: [17, "int"],
});

interface LinuxContainer {
  readonly resources: Resources | undefined;
  readonly security_context: ContainerSecurity | undefined;
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata | undefined;
  readonly image: ImageSpec | undefined;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly working_dir: string;
  readonly envs: readonly KeyValue[];
  readonly mounts: readonly Mount[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly log_path: string;
  readonly stdin: boolean;
  readonly stdin_once: boolean;
  readonly tty: boolean;
  readonly linux: LinuxContainer | undefined;
  /** See signalNumber. Newer runtimes only. */
  readonly stop_signal: number;
}

/** As CRI counts signals: in this order, from 1. */
const signals =
  "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN".split(
    " ",
  );
const realTime: readonly string[] = [
  ...Array.from({ length: 15 }, (_, at) => `RTMIN+${at + 1}`),
  ...Array.from({ length: 14 }, (_, at) => `RTMAX-${14 - at}`),
  "RTMAX",
];

/** 0, the runtime's own choice, for none or an unknown one. */
export function signalNumber(name: string | undefined): number {
  return [...signals, ...realTime].indexOf((name ?? "").replace(/^SIG/, "")) + 1;
}

export const containerConfig: Message<ContainerConfig> = message<ContainerConfig>({
  metadata: [1, metadata],
  image: [2, imageSpec],
  command: [3, "text", "repeated"],
  args: [4, "text", "repeated"],
  working_dir: [5, "text"],
  envs: [6, keyValue, "repeated"],
  mounts: [7, mount, "repeated"],
  labels: [9, "texts"],
  annotations: [10, "texts"],
  log_path: [11, "text"],
  stdin: [12, "bool"],
  stdin_once: [13, "bool"],
  tty: [14, "bool"],
  linux: [15, message<LinuxContainer>({ resources: [1, resources], security_context: [2, security] })],
  stop_signal: [18, "int"],
});

export const containerStates = { created: 0, running: 1, exited: 2, unknown: 3 } as const;

export interface Container {
  readonly id: string;
  readonly pod_sandbox_id: string;
  readonly metadata: ContainerMetadata | undefined;
  readonly image_ref: string;
  readonly state: number;
  /** Nanoseconds. */
  readonly created_at: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Newer runtimes only; image_ref may name it otherwise there. */
  readonly image_id: string;
}
export const container: Message<Container> = message<Container>({
  id: [1, "text"],
  pod_sandbox_id: [2, "text"],
  metadata: [3, metadata],
  image_ref: [5, "text"],
  state: [6, "int"],
  created_at: [7, "int"],
  labels: [8, "texts"],
  annotations: [9, "texts"],
  image_id: [10, "text"],
});

export interface ContainerStatus {
  readonly id: string;
  readonly metadata: ContainerMetadata | undefined;
  readonly state: number;
  /** Nanoseconds, as the next two. */
  readonly created_at: number;
  readonly started_at: number;
  readonly finished_at: number;
  readonly exit_code: number;
  readonly image_ref: string;
  readonly reason: string;
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly log_path: string;
  /** Newer runtimes only. */
  readonly user: ContainerUser | undefined;
}
interface LinuxUser {
  readonly uid: number;
  readonly gid: number;
  readonly supplemental_groups: readonly number[];
}
interface ContainerUser {
  readonly linux: LinuxUser | undefined;
}
const user: Message<ContainerUser> = message<ContainerUser>({
  linux: [1, message<LinuxUser>({ uid: [1, "int"], gid: [2, "int"], supplemental_groups: [3, "int", "repeated"] })],
});
export const containerStatus: Message<ContainerStatus> = message<ContainerStatus>({
  id: [1, "text"],
  metadata: [2, metadata],
  state: [3, "int"],
  created_at: [4, "int"],
  started_at: [5, "int"],
  finished_at: [6, "int"],
  exit_code: [7, "int"],
  image_ref: [9, "text"],
  reason: [10, "text"],
  message: [11, "text"],
  labels: [12, "texts"],
  annotations: [13, "texts"],
  log_path: [15, "text"],
  user: [18, user],
});
