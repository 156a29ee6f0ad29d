/**
 * Changes to objects of kinds that are known, as strategic merge patches of their typed forms.
 * Upstream: kubectl/pkg/cmd/set/helper.go, polymorphichelpers/updatepodspec.go
 */
import { KubectlError } from "../errors.ts";
import type { LoadedInfo } from "../resources/info.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { PodSpec } from "../../schema/shapes/core.v1.ts";
import { createTwoWayMergePatch } from "../../machinery/patch/strategicDiff.ts";
import { structOfObject, typed } from "./typed.ts";

export interface Change {
  readonly info: LoadedInfo;
  /** Empty: nothing changes. */
  readonly patch: Record<string, unknown>;
  readonly problem?: unknown;
}

/** Lets `edit` change each object in place and finds the patch; an edit that gives false has nothing to do with that object. */
export function changesOf(infos: readonly LoadedInfo[], edit: (object: Unstructured) => boolean | void): Change[] {
  const changes: Change[] = [];
  for (const info of infos) {
    const before = typed(info.object);
    const after = structuredClone(before);
    info.object = after;
    try {
      if (edit(after) === false) continue;
      const struct = structOfObject(after);
      if (struct === undefined) throw new KubectlError(`no kind "${after.kind}" is registered for version "${after.apiVersion}"`);
      info.object = typed(after);
      changes.push({ info, patch: createTwoWayMergePatch(before, info.object, struct) });
    } catch (problem) {
      changes.push({ info, patch: {}, problem });
    }
  }
  return changes;
}

const templateKinds = new Set(["ReplicationController", "Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "Job"]);

/** The pod spec in a pod or in what makes pods. Throws where there is none. */
export function podSpecOf(object: Unstructured): PodSpec {
  const spec = object["spec"] as { template?: { spec?: PodSpec }; jobTemplate?: { spec: { template: { spec: PodSpec } } } };
  if (object.kind === "Pod") return spec as unknown as PodSpec;
  if (object.kind === "CronJob" && spec.jobTemplate !== undefined) return spec.jobTemplate.spec.template.spec;
  if (templateKinds.has(object.kind ?? "")) {
    const template = (spec.template ??= {});
    return (template.spec ??= { containers: [] } as unknown as PodSpec);
  }
  throw new KubectlError(`the object is not a pod or does not have a pod template: ${goTypeOf(object)}`);
}

/** As `%T` prints it: `*v1.Service`. */
export function goTypeOf(object: Unstructured): string {
  const version = (object.apiVersion ?? "").split("/").at(-1) ?? "";
  return structOfObject(object) === undefined ? "*unstructured.Unstructured" : `*${version}.${object.kind}`;
}

/** Whether a name fits a pattern with `*`. Upstream: selectString, with its peculiar ways. */
export function matchesWildcard(name: string, pattern: string): boolean {
  if (pattern === "*") return true;
  if (!pattern.includes("*")) return name === pattern;
  let at = 0;
  const parts = pattern.split("*");
  for (const [index, part] of parts.entries()) {
    if (part === "") continue;
    const next = name.slice(at).indexOf(part);
    if (next < at || (index === 0 && at !== 0) || (index === parts.length - 1 && name.length !== part.length + next)) return false;
    at = next;
  }
  return true;
}
