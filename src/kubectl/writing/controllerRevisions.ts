/** The revisions of DaemonSets and StatefulSets. Upstream: kubectl/pkg/polymorphichelpers/history.go (controlledHistory) */
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { selectorOf } from "../../machinery/selectors.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { fieldAt } from "../resources/unstructured.ts";
import { Requests } from "../resources/requests.ts";
import type { Session } from "../session.ts";
import { structOfObject } from "./typed.ts";

export async function controllerHistory(session: Session, owner: Unstructured): Promise<Unstructured[]> {
  const mapping = (await session.mapper()).forKind("apps", "ControllerRevision", "v1");
  const labelSelector = selectorOf(fieldAt(owner, "spec", "selector") as LabelSelector | undefined).toString();
  const list = await new Requests(await session.api()).list(mapping, owner.metadata?.namespace ?? "", { labelSelector });
  return list.items.filter((item) => controllerOf(item as Parameters<typeof controllerOf>[0])?.uid === owner.metadata?.uid);
}

/** The object as it was at that revision. */
export function templateOfRevision(owner: Unstructured, revision: Unstructured): Unstructured {
  const struct = structOfObject(owner);
  if (struct === undefined) return owner;
  return applyStrategicMergePatch(owner, revision["data"], struct) as Unstructured;
}
