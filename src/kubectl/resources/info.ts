/** One resource that a command works on: where it is, and the object when it is known. Upstream: cli-runtime/pkg/resource/visitor.go */
import type { Mapping } from "./restMapper.ts";
import type { Unstructured } from "./unstructured.ts";

export interface Info {
  /** Absent with --local, where no server is asked. */
  mapping: Mapping | undefined;
  /** Empty for what has none. */
  namespace: string;
  name: string;
  /** The file, URL or `STDIN` that it came from; empty: the server. */
  source: string;
  object: Unstructured | undefined;
  resourceVersion: string;
  subresource: string;
}

/** An info whose object is there: what a visitor gets unless `requireObject` is off. */
export type LoadedInfo = Info & { object: Unstructured };

/** `deployments.apps/web` as upstream's messages put it: `deployments/web`. */
export function objectName({ mapping, object, name }: Info): string {
  if (mapping !== undefined) return `${mapping.plural}/${name}`;
  return `${(object?.kind ?? "").toLowerCase()}/${name}`;
}

export function isNamespaced({ mapping, namespace }: Info): boolean {
  return mapping === undefined ? namespace !== "" : mapping.namespaced;
}

/** Takes over what the server answered. */
export function refresh(info: Info, object: Unstructured): void {
  info.object = object;
  info.name = object.metadata?.name ?? info.name;
  info.namespace = object.metadata?.namespace ?? info.namespace;
  info.resourceVersion = object.metadata?.resourceVersion ?? "";
}
