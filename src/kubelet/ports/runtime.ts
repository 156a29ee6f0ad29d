/**
 * What the kubelet needs of a container runtime: CRI's shape in a few small ports. Adapters: embedded (namespaces), simulated, process, cri.
 * A sandbox is a pod's network and other shared namespaces; the runtime makes its network too, as with CRI.
 * Upstream: staging/src/k8s.io/cri-api/pkg/apis/services.go
 */
import type { StreamSession } from "../../machinery/http.ts";

/** What a sandbox is made from; out of the pod, as upstream's kubelet makes it. */
export interface PodSandboxConfig {
  readonly podUid: string;
  readonly name: string;
  readonly namespace: string;
  /** Counts the sandboxes made for this pod, from 0. */
  readonly attempt: number;
  readonly nodeName: string;
  readonly hostname: string;
  /** With the pod's subdomain: stands before the hostname in /etc/hosts. */
  readonly fqdn?: string | undefined;
  readonly dns: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] };
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly hostIpc?: boolean | undefined;
  /** By name with dots; only those of namespaces that the pod has for itself. */
  readonly sysctls?: Readonly<Record<string, string>> | undefined;
  /** One of the pod's containers is. */
  readonly privileged?: boolean | undefined;
  readonly shareProcessNamespace: boolean;
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly protocol: string; readonly containerPort: number; readonly hostPort: number }[];
  /** The control group that holds the pod's containers, and what all of them together may use. 0: no limit. */
  readonly cgroup: {
    /** As the kubelet names it, e.g. `/kubepods/burstable/pod<uid>`. */
    readonly parent: string;
    /** Of 1024 a processor; weighs only where processors are short. */
    readonly cpuShares: number;
    /** Thousandths of a processor. */
    readonly cpuQuotaMillis: number;
    readonly memoryLimitBytes: number;
    readonly pidsLimit: number;
  };
}

/** A sandbox as it is. Times are milliseconds since the epoch. */
export interface SandboxStatus {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly state: "ready" | "notReady";
  /** Empty on the host's network. */
  readonly ip: string;
  readonly createdAtMs: number;
}

/** A folder or file of the node, shown in a container. */
export interface Mount {
  /** Exists when the container is made. */
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

/** What a container is made from: the pod's words, with variables and images resolved. */
export interface ContainerConfig {
  readonly name: string;
  /** Counts the restarts of this container in its pod, from 0. */
  readonly attempt: number;
  /** As resolved by `images.pull` or `images.status`. */
  readonly imageRef: string;
  readonly image: string;
  /** Overrides the image's entrypoint / cmd when not empty. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** Overrides the image's, e.g. `SIGUSR1`. */
  readonly stopSignal?: string | undefined;
  readonly security: {
    /** Numbers; without them the image's user and its group. */
    readonly runAsUser?: number | undefined;
    readonly runAsGroup?: number | undefined;
    readonly supplementalGroups?: readonly number[] | undefined;
    /** `Strict` leaves out the groups that the image gives the user. Default: Merge. */
    readonly supplementalGroupsPolicy?: string | undefined;
    readonly readOnlyRootFilesystem: boolean;
    readonly privileged: boolean;
    readonly noNewPrivileges: boolean;
    /** Names without `CAP_`, or `ALL`. */
    readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
    readonly seccomp: string;
    readonly procMount?: "Default" | "Unmasked" | undefined;
  };
  /** As in the sandbox's `cgroup`; 0: no limit. */
  readonly resources: {
    readonly cpuShares: number;
    readonly cpuQuotaMillis: number;
    readonly memoryLimitBytes: number;
    /** How much of the memory limit comes on top of the pod's. */
    readonly memoryBeyondPodBytes?: number | undefined;
    /** From -1000 (never killed for memory) to 1000 (first). */
    readonly oomScoreAdj: number;
    /** Of no limit; what models go by. */
    readonly memoryRequestBytes?: number | undefined;
  };
  /** Where in the container it may write its last words; a mount shows the file. */
  readonly terminationMessagePath: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A container as it is. Times are milliseconds since the epoch, 0 where it hasn't come to that. */
export interface ContainerStatus {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageRef: string;
  readonly state: "created" | "running" | "exited";
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly signal: number;
  /** Whom its first process was started as, where the runtime knows. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] } | undefined;
  /** `Completed`, `Error`, `OOMKilled`, `StartError` or empty. */
  readonly reason: string;
  readonly message: string;
}

/** What a container wrote, as blocks are counted. */
export interface Written {
  readonly rootBytes: number;
  readonly logBytes: number;
}

/** A disk as it is. */
export interface FileSystem {
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** Ids are the runtime's own. Stopping and removing may be repeated. */
export interface Sandboxes {
  /** Resolves when its network is up. */
  run(config: PodSandboxConfig): Promise<SandboxStatus>;
  /** Kills what runs in it and frees its address; idempotent. */
  stop(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** What all of its containers together may use from now on; zeros change nothing. */
  resize(id: string, cgroup: PodSandboxConfig["cgroup"]): Promise<void>;
  list(): Promise<readonly SandboxStatus[]>;
  /** Told of each that ended without being stopped, where the runtime notices by itself. */
  onLost?(handler: (sandboxId: string) => void): Disposable;
}

/** Containers, each of a sandbox; ids are the runtime's own. */
export interface Containers {
  /** Gives its id; nothing runs yet. */
  create(sandboxId: string, config: ContainerConfig): Promise<string>;
  /** Throws StartError when the program can't be executed. */
  start(id: string): Promise<void>;
  /** Sends the stop signal, and SIGKILL after the grace; resolves when it has exited; idempotent. */
  stop(id: string, graceMs: number): Promise<void>;
  remove(id: string): Promise<void>;
  /** What a running one may use from now on; zeros change nothing. */
  resize(id: string, resources: ContainerConfig["resources"]): Promise<void>;
  status(id: string): Promise<ContainerStatus | undefined>;
  list(): Promise<readonly ContainerStatus[]>;
  /** Left out or undefined: unknown. */
  written?(id: string): Promise<Written | undefined>;
  /** Told of each start and exit as it happens. */
  onEvent(
    handler: (event: { readonly containerId: string; readonly sandboxId: string; readonly type: "started" | "exited" }) => void,
  ): Disposable;
}

/** Which part of a container's log. */
export interface LogOptions {
  /** Until the container ends, or `signal` does. */
  readonly follow: boolean;
  /** Default: all. */
  readonly tailLines?: number | undefined;
  /** Milliseconds since the epoch. Default: from the beginning. */
  readonly sinceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
/** What a container wrote, and when. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly stream: "stdout" | "stderr";
  /** One line with its line break, or a part of one that has none yet. */
  readonly text: Uint8Array;
}

/** Which of the streams there are; with `tty` there is one for both outputs. */
export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** What goes into and out of containers that run. */
export interface Streams {
  /** Oldest first. */
  logs(containerId: string, options: LogOptions): AsyncIterable<LogLine>;
  /** Runs a command to its end. `timeoutMs` 0: no limit. */
  execSync(
    containerId: string,
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{ exitCode: number; stdout: Uint8Array; stderr: Uint8Array; timedOut: boolean }>;
  /** Speaks StreamSession's channels on `peer` until the command ends; sends the closing Status itself. */
  exec(containerId: string, options: ExecOptions, peer: StreamSession): Promise<void>;
  attach(containerId: string, options: Omit<ExecOptions, "command">, peer: StreamSession): Promise<void>;
  portForward(sandboxId: string, port: number, peer: StreamSession): Promise<void>;
}

/** An image that is there. */
export interface ImageStatus {
  /** Names its content: what `ContainerConfig.imageRef` wants. */
  readonly ref: string;
  /** Where it came from: shown in the Pulled event. */
  readonly source: "local" | "catalogue" | "registry" | "simulated";
  readonly sizeBytes: number;
  /** As in its configuration: a name or number, perhaps with a group; empty: root. */
  readonly user: string;
}

/** `reason` is upstream's: ErrImagePull, InvalidImageName, ErrImageNeverPull, RegistryUnavailable. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The program could not be started: exit code 128 (or 127 not found, 126 not executable), reason StartError. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The node's images, by their names or refs. */
export interface Images {
  /** Undefined: it isn't there. */
  status(image: string): Promise<ImageStatus | undefined>;
  /** Rejects with ImageError. */
  pull(
    image: string,
    /** `secrets`: the pod's docker configurations (`{"auths": ...}`), as texts. */
    options: { readonly podUid: string; readonly signal: AbortSignal; readonly secrets: readonly string[] },
  ): Promise<ImageStatus>;
  list(): Promise<readonly (ImageStatus & { readonly names: readonly string[] })[]>;
  remove(image: string): Promise<void>;
}

/** What a container uses. */
export interface ContainerStats {
  readonly containerId: string;
  /** When it was read, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Processor time since its start. */
  readonly cpuNanos: number;
  /** The working set: what could not be taken back at once. */
  readonly memoryBytes: number;
  /** With what is only cached; unknown where nothing accounts for it. */
  readonly memoryUsageBytes?: number | undefined;
  readonly memoryRssBytes?: number | undefined;
}

/** One node's runtime. Disposing of it ends its own work; what runs in its containers is the adapter's to keep or to end. */
export interface ContainerRuntime extends AsyncDisposable {
  /** As in node.status.nodeInfo.containerRuntimeVersion, e.g. `coxswain-embedded://0.1.0`. */
  readonly version: string;
  /** Whether cpu and memory limits are enforced, and if not, why in one sentence. */
  readonly limits: { readonly enforced: boolean; readonly why: string };
  /** Whether `supplementalGroupsPolicy` is honoured; left out where the runtime doesn't tell. */
  readonly supplementalGroupsPolicy?: boolean | undefined;
  /** Whether containers get AppArmor profiles; left out: no, and pods that ask for one are refused. */
  readonly appArmor?: boolean | undefined;
  /** Whether pods can have users of their own (`hostUsers: false`); left out: no, and such a pod's sandbox can't be made. */
  readonly userNamespaces?: boolean | undefined;
  /** Further conditions of the node: what pods may ask for and don't get here. */
  readonly conditions?: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
  readonly sandboxes: Sandboxes;
  readonly containers: Containers;
  readonly streams: Streams;
  readonly images: Images;
  /** Of all that run. */
  stats(): Promise<readonly ContainerStats[]>;
  /** Where the node keeps its own, and where images are and what they take; left out: unknown. */
  fileSystems?(): Promise<{ readonly node: FileSystem; readonly images: FileSystem; readonly imageBytes: number }>;
  /** Set where statistics come from a model rather than from processes. */
  readonly modelsUsage?: true;
  /** What keeps the node from being Ready, in upstream's words; empty or left out: nothing. */
  problems?(): readonly string[];
}
