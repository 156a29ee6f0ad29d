/**
 * Where the members of an ApplySet may be, as its parent's annotations say: kinds and namespaces.
 * Upstream: kubectl/pkg/cmd/apply/applyset.go (parseKindAnnotation, parseNamespacesAnnotation)
 */
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError, textOf } from "../errors.ts";
import type { Mapping, RestMapper } from "../resources/restMapper.ts";

const kindsAnnotation = "applyset.kubernetes.io/contains-group-kinds";
/** Of older kubectls. */
const resourcesAnnotation = "applyset.kubernetes.io/contains-group-resources";
const namespacesAnnotation = "applyset.kubernetes.io/additional-namespaces";

export interface SetScope {
  /** By `Kind.group`. */
  readonly kinds: ReadonlyMap<string, Mapping>;
  readonly namespaces: ReadonlySet<string>;
}

export function groupKindText({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return group === "" ? kind : `${kind}.${group}`;
}

/** `namespace`: the parent's own, empty where it has none. Throws KubectlError. */
export function parentScope(annotations: Readonly<Record<string, string>>, mapper: RestMapper, namespace: string): SetScope {
  const namespaces = new Set([...entries(annotations[namespacesAnnotation]), ...entries(namespace)]);
  const mappings = kindsOf(annotations, mapper);
  return { kinds: new Map(mappings.map((mapping) => [groupKindText(mapping), mapping])), namespaces };
}

function entries(text = ""): string[] {
  return text === "" ? [] : text.split(",");
}

function kindsOf(annotations: Readonly<Record<string, string>>, mapper: RestMapper): Mapping[] {
  const kinds = annotations[kindsAnnotation];
  const resources = annotations[resourcesAnnotation] ?? "";
  if (kinds !== undefined) {
    return entries(kinds).map((entry) => {
      const { first, group } = split(entry);
      return found(() => mapper.forKind(group, first), `could not find mapping for kind in ${goQuote(kindsAnnotation)} annotation`);
    });
  }
  if (resources === "") {
    throw new KubectlError(`kubectl requires the ${goQuote(kindsAnnotation)} annotation to be set on all ApplySet parent objects`);
  }
  return entries(resources).map((entry) => {
    const { first, group } = split(entry);
    const partial = { group, version: "", resource: first };
    return found(() => mapper.forResource(partial), `invalid group resource in ${goQuote(resourcesAnnotation)} annotation`);
  });
}

function split(entry: string): { readonly first: string; readonly group: string } {
  const [first = "", ...group] = entry.split(".");
  return { first, group: group.join(".") };
}

function found(find: () => Mapping, otherwise: string): Mapping {
  try {
    return find();
  } catch (error) {
    throw new KubectlError(`${otherwise}: ${textOf(error)}`);
  }
}
