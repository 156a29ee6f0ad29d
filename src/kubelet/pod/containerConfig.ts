/**
 * What the runtime is told about a container. Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (generateContainerConfig), security_context.go
 * Left out: SELinux, AppArmor, devices, huge pages.
 */
import type { Container, Pod, PodSecurityContext, SeccompProfile } from "../../schema/shapes/core.v1.ts";
import type { ContainerConfig, ImageStatus, Mount } from "../ports/runtime.ts";
import { ConfigError } from "./env.ts";
import { expand } from "./expand.ts";
import { cgroupOf } from "./resources.ts";
import { labelsOf, podLabels } from "./sandboxConfig.ts";

export interface ContainerParts {
  readonly attempt: number;
  readonly image: ImageStatus;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  /** The node's memory. */
  readonly capacityBytes: number;
}

export function containerConfig(pod: Pod, container: Container, parts: ContainerParts): ContainerConfig {
  const { env } = parts;
  const variables = new Map(env.map(({ name, value }) => [name, value]));
  const expanded = (texts: readonly string[] | undefined): string[] => (texts ?? []).map((text) => expand(text, (n) => variables.get(n)));
  return {
    name: container.name,
    attempt: parts.attempt,
    imageRef: parts.image.ref,
    image: container.image ?? "",
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? "",
    env,
    mounts: parts.mounts,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    stopSignal: container.lifecycle?.stopSignal,
    security: securityOf(pod, container, parts.image),
    resources: grantedResources(pod, container, parts.image, parts.capacityBytes),
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    labels: { ...labelsOf(pod), [podLabels.container]: container.name },
    annotations: { "io.kubernetes.container.restartCount": String(parts.attempt) },
  };
}

/** What a stand-in needs beyond the small program whose place it takes, and whose limits people write: the interpreter that it runs on. */
const standInBytes = 64 * 1024 * 1024;

/** What the container gets of the machine. */
export function grantedResources(
  pod: Pod,
  container: Container,
  image: ImageStatus | undefined,
  capacityBytes: number,
): ContainerConfig["resources"] {
  const resources = cgroupOf(pod, container, capacityBytes);
  if (image?.source !== "catalogue" || resources.memoryLimitBytes === 0) return resources;
  return { ...resources, memoryLimitBytes: resources.memoryLimitBytes + standInBytes, memoryBeyondPodBytes: standInBytes };
}

function securityOf(pod: Pod, container: Container, image: ImageStatus): ContainerConfig["security"] {
  const ofPod = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? ofPod.runAsUser;
  if ((own.runAsNonRoot ?? ofPod.runAsNonRoot) === true) refuseRoot(pod, container, image, runAsUser);
  return {
    runAsUser,
    runAsGroup: own.runAsGroup ?? ofPod.runAsGroup,
    supplementalGroups: groupsOf(ofPod),
    supplementalGroupsPolicy: ofPod.supplementalGroupsPolicy,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem === true,
    privileged: own.privileged === true,
    noNewPrivileges: own.allowPrivilegeEscalation === false && own.privileged !== true,
    capabilities: { add: own.capabilities?.add ?? [], drop: own.capabilities?.drop ?? [] },
    procMount: own.procMount === "Unmasked" ? "Unmasked" : "Default",
    seccomp: seccompOf(own.seccompProfile ?? ofPod.seccompProfile),
  };
}

function groupsOf({ supplementalGroups = [], fsGroup }: PodSecurityContext): number[] {
  return fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup];
}

function seccompOf(profile: SeccompProfile | undefined): string {
  if (profile === undefined) return "";
  return profile.type === "Localhost" ? `Localhost/${profile.localhostProfile ?? ""}` : profile.type;
}

function refuseRoot(pod: Pod, container: Container, image: ImageStatus, runAsUser: number | undefined): void {
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace ?? ""}(${pod.metadata.uid ?? ""})", container: ${container.name})`;
  if (runAsUser === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (runAsUser !== undefined) return;
  const user = image.user.split(":")[0] ?? "";
  if (user === "" || user === "0" || user === "root") {
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(user)) {
    throw new ConfigError(`container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`);
  }
}
