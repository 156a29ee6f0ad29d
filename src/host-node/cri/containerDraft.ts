/** What a CRI runtime is told about a container. Upstream: pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, security_context.go */
import type { ContainerConfig, PodSandboxConfig } from "../../kubelet/ports/runtime.ts";
import type { Draft } from "./codec.ts";
import { type ContainerConfig as CriContainer, type Resources, signalNumber } from "./messages/container.ts";
import { namespaceModes, seccompTypes } from "./messages/sandbox.ts";

const cpuPeriodMicros = 100_000;

/** What /proc and /sys hide from every container that isn't privileged. Upstream: pkg/securitycontext/util.go */
const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export interface DraftParts {
  readonly sandbox: PodSandboxConfig;
  /** Relative to the sandbox's folder of logs. */
  readonly logPath: string;
  /** Files of the pod beside what the kubelet mounts: by path inside, where they are on this machine. */
  readonly files: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function containerDraft(config: ContainerConfig, parts: DraftParts): Draft<CriContainer> {
  const { resources } = config;
  const own = config.mounts.map(({ hostPath, containerPath, readOnly }) => ({
    host_path: hostPath,
    container_path: containerPath,
    readonly: readOnly,
  }));
  const taken = new Set(own.map(({ container_path: path }) => path));
  const files = [...parts.files].filter(([path]) => !taken.has(path));
  return {
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.imageRef, user_specified_image: config.image },
    command: config.command,
    args: config.args,
    working_dir: config.workingDir,
    envs: config.env.map(({ name, value }) => ({ key: name, value: Buffer.from(value) })),
    mounts: [...own, ...files.map(([path, host]) => ({ host_path: host, container_path: path }))],
    labels: { ...config.labels, ...parts.labels },
    annotations: { ...config.annotations, ...parts.annotations },
    log_path: parts.logPath,
    stdin: config.stdin,
    stdin_once: config.stdinOnce,
    tty: config.tty,
    stop_signal: signalNumber(config.stopSignal),
    linux: {
      resources: resourcesDraft(resources),
      security_context: securityOf(config, parts.sandbox),
    },
  };
}

export function resourcesDraft(resources: ContainerConfig["resources"]): Draft<Resources> {
  return {
    cpu_period: cpuPeriodMicros,
    cpu_quota: (resources.cpuQuotaMillis * cpuPeriodMicros) / 1000,
    cpu_shares: resources.cpuShares,
    memory_limit_in_bytes: resources.memoryLimitBytes,
    oom_score_adj: resources.oomScoreAdj,
  };
}

type Security = NonNullable<NonNullable<Draft<CriContainer>["linux"]>["security_context"]>;

function securityOf({ security }: ContainerConfig, sandbox: PodSandboxConfig): Security {
  const { pod, node, container } = namespaceModes;
  const { privileged, runAsUser, runAsGroup } = security;
  const showsAll = privileged || security.procMount === "Unmasked";
  return {
    capabilities: { add_capabilities: security.capabilities.add, drop_capabilities: security.capabilities.drop },
    privileged,
    namespace_options: {
      network: sandbox.hostNetwork ? node : pod,
      pid: sandbox.hostPid ? node : sandbox.shareProcessNamespace ? pod : container,
      ipc: sandbox.hostIpc === true ? node : pod,
    },
    run_as_user: runAsUser === undefined ? undefined : { value: runAsUser },
    run_as_group: runAsGroup === undefined || runAsUser === undefined ? undefined : { value: runAsGroup },
    readonly_rootfs: security.readOnlyRootFilesystem,
    supplemental_groups: security.supplementalGroups ?? [],
    supplemental_groups_policy: security.supplementalGroupsPolicy === "Strict" ? 1 : 0,
    no_new_privs: security.noNewPrivileges,
    masked_paths: showsAll ? [] : maskedPaths,
    readonly_paths: showsAll ? [] : readonlyPaths,
    seccomp: seccompOf(security.seccomp),
  };
}

/** As the pod's profile is named: empty, `Unconfined`, `RuntimeDefault` or `Localhost/FILE`. */
function seccompOf(profile: string): NonNullable<Security["seccomp"]> {
  if (profile === "RuntimeDefault") return { profile_type: seccompTypes.runtimeDefault };
  if (!profile.startsWith("Localhost/")) return { profile_type: seccompTypes.unconfined };
  return { profile_type: seccompTypes.localhost, localhost_ref: profile.slice("Localhost/".length) };
}
