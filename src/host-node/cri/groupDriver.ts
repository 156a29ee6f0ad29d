/** Whether a runtime makes control groups by itself or asks systemd for them: the two name them differently. Upstream: pkg/kubelet/kubelet.go (getCgroupDriverFromCRI) */
import { EngineError } from "./engineError.ts";
import { type GrpcChannel, GrpcError, grpcCodes } from "./grpc.ts";
import { runtimeConfig, type StatusAnswer } from "./messages/runtimeService.ts";

export type GroupDriver = "cgroupfs" | "systemd";

const systemdNumber = 0;

/** `answer`: of Status, verbose; asked where the runtime has no call for it (containerd 1). */
export async function groupDriverOf(channel: GrpcChannel, answer: Pick<StatusAnswer, "info">): Promise<GroupDriver> {
  try {
    const { linux } = await channel.call(runtimeConfig, {});
    if (linux !== undefined) return linux.cgroup_driver === systemdNumber ? "systemd" : "cgroupfs";
  } catch (error) {
    if (!(error instanceof GrpcError) || error.code !== grpcCodes.unimplemented) throw error;
  }
  return configuredDriver(answer);
}

interface RuntimeEntry {
  readonly options?: Readonly<Record<string, unknown>> | null;
}
interface GroupConfig {
  readonly systemdCgroup?: boolean;
  readonly containerd?: { readonly defaultRuntimeName?: string; readonly runtimes?: Readonly<Record<string, RuntimeEntry>> };
}

/** As containerd tells its configuration. */
function configuredDriver({ info }: Pick<StatusAnswer, "info">): GroupDriver {
  try {
    const { systemdCgroup, containerd } = JSON.parse(info["config"] ?? "{}") as GroupConfig;
    const runtime = containerd?.runtimes?.[containerd.defaultRuntimeName ?? "runc"];
    return systemdCgroup === true || runtime?.options?.["SystemdCgroup"] === true ? "systemd" : "cgroupfs";
  } catch {
    return "cgroupfs";
  }
}

/** containerd's own names for groups are none that systemd takes; CRI-O's are. */
export function refuseSystemdGroups(runtimeName: string): void {
  if (runtimeName !== "containerd") return;
  throw new EngineError(
    "containerd asks systemd for control groups (SystemdCgroup = true), which isn't supported: set it to false in its configuration",
  );
}
