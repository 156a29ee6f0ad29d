/**
 * The volumes of one pod: set up once, kept up to date as ConfigMaps, Secrets and tokens change, and mounted into containers.
 * Left out: everything that needs storage from elsewhere (claims, CSI, network file systems): a clear FailedMount.
 * Upstream: pkg/kubelet/volumemanager, pkg/kubelet/kubelet_pods.go (makeMounts)
 */
import type { Container, Pod, Volume, VolumeMount } from "../../schema/shapes/core.v1.ts";
import { ConfigError } from "../pod/env.ts";
import { expand } from "../pod/expand.ts";
import { bytes } from "../pod/resources.ts";
import type { Mount } from "../ports/runtime.ts";
import type { Volumes } from "../ports/volumes.ts";
import { payloadOf, VolumeError, type PayloadSources } from "./payload.ts";

/** What went wrong with which volume. */
export interface MountFailure {
  readonly volume: string;
  readonly message: string;
}

export class PodVolumes {
  private readonly port: Volumes;
  private readonly paths = new Map<string, string>();

  constructor(port: Volumes) {
    this.port = port;
  }

  /** Sets up (or brings up to date) every volume that a container mounts; gives what failed. */
  async setUp(pod: Pod, sources: PayloadSources): Promise<readonly MountFailure[]> {
    const used = usedVolumes(pod);
    const failures = await Promise.all(
      [...used].map(async (name): Promise<MountFailure | undefined> => {
        try {
          this.paths.set(name, await this.setUpOne(pod, name, sources));
          return undefined;
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          return { volume: name, message: `MountVolume.SetUp failed for volume "${name}" : ${text}` };
        }
      }),
    );
    return failures.filter((failure) => failure !== undefined);
  }

  private async setUpOne(pod: Pod, name: string, sources: PayloadSources): Promise<string> {
    const uid = pod.metadata.uid ?? "";
    const fsGroup = pod.spec.securityContext?.fsGroup;
    const volume = pod.spec.volumes?.find((v) => v.name === name);
    if (volume === undefined) throw new VolumeError(`volume "${name}" is not declared by the pod`);
    if (volume.emptyDir !== undefined) {
      const { medium, sizeLimit } = volume.emptyDir;
      const sizeLimitBytes = sizeLimit === undefined ? undefined : bytes(sizeLimit);
      return await this.port.emptyDir(uid, name, { memory: medium === "Memory", sizeLimitBytes, fsGroup });
    }
    if (volume.hostPath !== undefined) return await this.port.hostPath(volume.hostPath.path, volume.hostPath.type ?? "");
    const files = await payloadOf(pod, volume, sources);
    if (files === undefined) throw new VolumeError(unsupported(pod, volume));
    return await this.port.publish(uid, name, files, fsGroup);
  }

  /** Says which emptyDir holds more than its size allows; undefined: none. Upstream: pkg/kubelet/eviction/eviction_manager.go (emptyDirLimitEviction) */
  async overgrown(pod: Pod): Promise<string | undefined> {
    if (this.port.discards === true) return undefined;
    for (const { name, emptyDir } of pod.spec.volumes ?? []) {
      if (emptyDir?.sizeLimit === undefined || !this.paths.has(name)) continue;
      const used = await this.port.usedBytes(pod.metadata.uid ?? "", name);
      if (used > bytes(emptyDir.sizeLimit)) return `Usage of EmptyDir volume "${name}" exceeds the limit "${emptyDir.sizeLimit}". `;
    }
    return undefined;
  }

  /** What all emptyDirs on disk hold. */
  async diskBytes(pod: Pod): Promise<number> {
    if (this.port.discards === true) return 0;
    const onDisk = (pod.spec.volumes ?? []).filter(
      ({ name, emptyDir }) => emptyDir !== undefined && emptyDir.medium !== "Memory" && this.paths.has(name),
    );
    const sizes = await Promise.all(onDisk.map(({ name }) => this.port.usedBytes(pod.metadata.uid ?? "", name)));
    return sizes.reduce((sum, each) => sum + each, 0);
  }

  /** The mounts of one container. `variables`: its environment, for subPathExpr. */
  async mountsOf(pod: Pod, container: Container, variables: ReadonlyMap<string, string>): Promise<Mount[]> {
    const mounts: Mount[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const base = this.paths.get(mount.name);
      if (base === undefined) throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
      const sub = subPathOf(mount, container, variables);
      const hostPath = sub === "" ? base : await this.port.subPath(base, sub);
      mounts.push({ hostPath, containerPath: mount.mountPath, readOnly: mount.readOnly === true || isComputed(pod, mount.name) });
    }
    return mounts;
  }
}

function usedVolumes(pod: Pod): ReadonlySet<string> {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  const all = [...initContainers, ...containers, ...ephemeralContainers];
  return new Set(all.flatMap((container) => (container.volumeMounts ?? []).map((mount) => mount.name)));
}

/** Volumes whose content the kubelet writes are read-only to containers. */
function isComputed(pod: Pod, name: string): boolean {
  const volume = pod.spec.volumes?.find((v) => v.name === name);
  return (volume?.configMap ?? volume?.secret ?? volume?.projected ?? volume?.downwardAPI) !== undefined;
}

function subPathOf(mount: VolumeMount, container: Container, variables: ReadonlyMap<string, string>): string {
  const expression = mount.subPathExpr ?? "";
  if (expression === "") return mount.subPath ?? "";
  const missing: string[] = [];
  const text = expand(expression, (name) => {
    const value = variables.get(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0)
    throw new ConfigError(`failed to expand subPath for volumeMount "${mount.name}" of container "${container.name}"`);
  return text;
}

function unsupported(pod: Pod, volume: Volume): string {
  const claim = volume.persistentVolumeClaim?.claimName;
  if (claim !== undefined) return `error processing PVC ${pod.metadata.namespace ?? ""}/${claim}: PVC is not bound`;
  const kind = Object.entries(volume).find(([key, value]) => key !== "name" && value !== undefined)?.[0] ?? "unknown";
  return `volumes of type ${kind} are not supported on this node`;
}
