/**
 * managedFields of ordinary writes: who set what, so that a later server-side apply knows what is whose.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go (managerOrUserAgent), apimachinery/pkg/util/managedfields
 */
import { managedAfterWrite } from "../../machinery/apply/fieldManager.ts";
import type { Writer } from "../../machinery/apply/fieldManager.ts";
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import { apiVersionOf } from "../../machinery/kind.ts";
import { rfc3339 } from "../../machinery/time.ts";
import { structOf } from "../../schema/structs.ts";
import type { Registry, WriteContext } from "../registry/resource.ts";

const maxManagerBytes = 128;

/** `kubectl/v1.36.3 (linux/amd64)` -> `kubectl` */
export function managerOfAgent(userAgent: string | undefined): string {
  const name = (userAgent ?? "").split("/")[0] ?? "";
  return name.replace(/\p{C}/gu, "").slice(0, maxManagerBytes);
}

export function writerOf(registry: Pick<Registry, "clock">, kind: Kind, write: Pick<WriteContext, "manager">, subresource: string): Writer {
  const now = rfc3339(registry.clock.now());
  return { manager: write.manager, apiVersion: apiVersionOf(kind), struct: structOf(kind.struct), subresource, now };
}

export function trackCreate(registry: Registry, kind: Kind, object: KubeObject, write: WriteContext): void {
  const { metadata } = object;
  if (registry.managedFields === "applied") metadata.managedFields = undefined;
  else metadata.managedFields = managedAfterWrite(undefined, object, writerOf(registry, kind, write, ""));
}

export function trackUpdate(
  registry: Registry,
  kind: Kind,
  { next, previous }: { readonly next: KubeObject; readonly previous: KubeObject },
  write: WriteContext & { readonly rules: { readonly tracked: boolean; readonly subresource: string } },
): void {
  const { rules } = write;
  const { managedFields } = previous.metadata;
  if (!rules.tracked || managedFields === undefined) next.metadata.managedFields = managedFields;
  else next.metadata.managedFields = managedAfterWrite(previous, next, writerOf(registry, kind, write, rules.subresource));
}
