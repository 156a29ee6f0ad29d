/**
 * What a pod takes of its node's disk, and which limit of local storage a pod is over: what its containers wrote into their roots and logs, and its emptyDirs on disk.
 * Left out: limits of init containers that end.
 * Upstream: pkg/kubelet/eviction/eviction_manager.go (podEphemeralStorageLimitEviction, containerEphemeralStorageLimitEviction)
 */
import { parseQuantity } from "../../machinery/quantity.ts";
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";
import { bytes } from "../pod/resources.ts";
import type { Written } from "../ports/runtime.ts";
import type { PodScene } from "./kit.ts";

export interface LocalStorageUse {
  /** Of a container by name; undefined: unknown. */
  container(name: string): Promise<Written | undefined>;
  /** Of all emptyDirs on disk. */
  volumes(): Promise<number>;
}

export function localStorageOf({ pod, record, volumes, kit }: PodScene): LocalStorageUse {
  return {
    async container(name) {
      const current = record.containers.get(name)?.current;
      return current === undefined ? undefined : await kit.runtime.containers.written?.(current.id);
    },
    volumes: () => volumes.diskBytes(pod),
  };
}

function limitOf(container: Container): string | undefined {
  return container.resources?.limits?.["ephemeral-storage"];
}

/** Undefined: none. Measures only where there is a limit. */
export async function overLocalStorage({ spec }: Pod, use: LocalStorageUse): Promise<string | undefined> {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const all = [...sidecars, ...spec.containers];
  const limits = all.map(limitOf).filter((limit) => limit !== undefined);
  const [first, ...more] = limits;
  if (first === undefined) return undefined;
  const used = new Map<string, number>();
  for (const { name } of all) used.set(name, sumOf(await use.container(name)));
  const total = more.reduce((sum, limit) => sum.add(parseQuantity(limit)), parseQuantity(first)).toString();
  const written = [...used.values()].reduce((sum, each) => sum + each, await use.volumes());
  if (written > bytes(total)) return `Pod ephemeral local storage usage exceeds the total limit of containers ${total}. `;
  for (const container of all) {
    const limit = limitOf(container);
    if (limit === undefined || (used.get(container.name) ?? 0) <= bytes(limit)) continue;
    return `Container ${container.name} exceeded its local ephemeral storage limit "${parseQuantity(limit).toString()}". `;
  }
  return undefined;
}

function sumOf(written: Written | undefined): number {
  return written === undefined ? 0 : written.rootBytes + written.logBytes;
}
