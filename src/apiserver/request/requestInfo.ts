/**
 * What a request asks for, read off its method and URL alone: verb, resource, namespace, name, sub-resource.
 * Left out: whether such a resource exists (server/routes.ts).
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
import { badRequest } from "../../machinery/status.ts";
import { Query } from "./query.ts";

export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  /** Lower case: get, list, watch, create, update, patch, delete, deletecollection; for a path that is no resource, the method. */
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows the sub-resource, as in `/proxy/a/b`: `a/b`. */
  readonly rest: string;
}

/** Below a namespace these are its own sub-resources; anything else is a resource in it. */
const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

const verbOfMethod: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Throws 400 where the path holds a broken escape. */
export function requestInfoOf(method: string, url: string): RequestInfo {
  const question = url.indexOf("?");
  const path = question < 0 ? url : url.slice(0, question);
  const query = new Query(question < 0 ? "" : url.slice(question + 1));
  const parts = splitPath(path);
  const rooted = resourceParts(parts);
  if (rooted === undefined) return nonResource(method, path, query);

  const watching = rooted.rest[0] === "watch" && rooted.rest.length > 1;
  const { namespace, rest } = inNamespace(watching ? rooted.rest.slice(1) : rooted.rest);
  const [resource = "", name = "", subresource = ""] = rest;
  return {
    method,
    path,
    query,
    verb: verbFor(watching ? "WATCH" : method, name, query),
    isResource: true,
    group: rooted.group,
    version: rooted.version,
    namespace,
    resource,
    name,
    subresource,
    rest: rest.length > 3 ? rest.slice(3).join("/") : "",
  };
}

function inNamespace(rest: readonly string[]): { namespace: string; rest: readonly string[] } {
  const [first, namespace = "", third = ""] = rest;
  if (first !== "namespaces" || rest.length < 2) return { namespace: "", rest };
  return { namespace, rest: rest.length > 2 && !namespaceSubresources.has(third) ? rest.slice(2) : rest };
}

function verbFor(method: string, name: string, query: Query): string {
  if (method === "WATCH") return "watch";
  const verb = verbOfMethod[method] ?? "";
  if (name !== "") return verb;
  if (verb === "get") return query.flag("watch") === true ? "watch" : "list";
  return verb === "delete" ? "deletecollection" : verb;
}

function resourceParts(parts: readonly string[]): { group: string; version: string; rest: readonly string[] } | undefined {
  if (parts[0] === "api" && parts.length >= 3) return { group: "", version: parts[1] ?? "", rest: parts.slice(2) };
  if (parts[0] === "apis" && parts.length >= 4) return { group: parts[1] ?? "", version: parts[2] ?? "", rest: parts.slice(3) };
  return undefined;
}

function nonResource(method: string, path: string, query: Query): RequestInfo {
  const none = { group: "", version: "", namespace: "", resource: "", name: "", subresource: "", rest: "" };
  return { method, path, query, verb: method.toLowerCase(), isResource: false, ...none };
}

function splitPath(path: string): string[] {
  const from = path.startsWith("/") ? 1 : 0;
  const to = path.length > from && path.endsWith("/") ? path.length - 1 : path.length;
  const parts = path.slice(from, to).split("/");
  if (!path.includes("%")) return parts;
  try {
    return parts.map(decodeURIComponent);
  } catch {
    throw badRequest("invalid URL escape in path");
  }
}
