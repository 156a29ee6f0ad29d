/**
 * `pods.spec.containers`: the resource and the fields below it.
 * Upstream: kubectl/pkg/explain/explain.go (SplitAndParseResourceRequest...)
 */
import { KubectlError } from "../errors.ts";
import { type Node, parseJsonPath } from "../printers/jsonpath/parse.ts";
import type { Mapping, RestMapper } from "../resources/restMapper.ts";

export interface ExplainRequest {
  readonly mapping: Mapping;
  readonly fields: readonly string[];
}

/** The first of all resources of that name whose `resource.group` the argument begins with; else the first. */
export function anyVersionRequest(argument: string, mapper: RestMapper): ExplainRequest {
  const { resource, others } = splitRequest(argument);
  const found = mapper.allForResource({ group: "", version: "", resource });
  for (const mapping of found) {
    const full = mapping.group === "" ? mapping.plural : `${mapping.plural}.${mapping.group}`;
    if (!argument.startsWith(full)) continue;
    const suffix = argument.slice(full.length);
    return { mapping, fields: suffix === "" ? [] : namesOf(nodesOf(suffix).slice(1), firstMustBeField) };
  }
  return { mapping: found[0] as Mapping, fields: namesOf(others, firstMustBeField) };
}

/** For an --api-version: the whole argument after the resource's name is fields. */
export function oneVersionRequest(argument: string, mapper: RestMapper): ExplainRequest {
  const { resource, others } = splitRequest(argument);
  const mapping = mapper.forResource({ group: "", version: "", resource });
  return { mapping, fields: namesOf(others, "all nodes must be field nodes") };
}

const firstMustBeField = "first node must be field node";

function splitRequest(argument: string): { readonly resource: string; readonly others: readonly Node[] } {
  const [first, ...others] = nodesOf(argument);
  const [resource = ""] = namesOf(first === undefined ? [] : [first], firstMustBeField);
  return { resource, others };
}

function nodesOf(argument: string): readonly Node[] {
  const path = argument.endsWith(".") ? argument.slice(0, -1) : argument;
  const parts = parseJsonPath(`{.${path}}`);
  const [only] = parts;
  if (parts.length !== 1 || only?.type !== "list") throw new KubectlError("must pass in 1 jsonpath string");
  return only.nodes;
}

function namesOf(nodes: readonly Node[], rule: string): string[] {
  return nodes.map((node) => {
    if (node.type !== "field") throw new KubectlError(`invalid jsonpath syntax, ${rule}`);
    return node.name;
  });
}
