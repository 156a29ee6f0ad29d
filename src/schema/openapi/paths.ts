/**
 * Paths of OpenAPI v3 documents: what clients read in them is which kind a path serves, which query parameters a write takes
 * (`fieldValidation`, `dryRun`), and which patch formats. Left out: the watch and proxy paths, and texts of parameters.
 */
import { referenceTo, type Schema } from "./components.ts";

/** A kind that a document describes. Any Kind fits. */
export interface DocumentedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Its struct's name in the facts. */
  readonly struct: string;
  /** Absent for kinds that are only posted, such as reviews. */
  readonly listKind?: string;
  readonly subresources?: readonly string[];
}

const meta = "k8s.io/apimachinery/pkg/apis/meta/v1";
const scaleStruct = "k8s.io/api/autoscaling/v1.Scale";
export const deleteOptionsStruct: string = `${meta}.DeleteOptions`;
export const statusStruct: string = `${meta}.Status`;

const replyMedia = ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];
const watchMedia = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const patchMedia = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

const query = (name: string, type: "string" | "boolean" | "integer"): Schema => ({
  name,
  in: "query",
  schema: { type, uniqueItems: true },
});
const inPath = (name: string): Schema => ({ name, in: "path", required: true, schema: { type: "string", uniqueItems: true } });
const listQueries = [
  query("allowWatchBookmarks", "boolean"),
  query("continue", "string"),
  query("fieldSelector", "string"),
  query("labelSelector", "string"),
  query("limit", "integer"),
  query("resourceVersion", "string"),
  query("resourceVersionMatch", "string"),
  query("sendInitialEvents", "boolean"),
  query("timeoutSeconds", "integer"),
  query("watch", "boolean"),
];
const writeQueries = [query("dryRun", "string"), query("fieldManager", "string"), query("fieldValidation", "string")];
const deleteQueries = [
  query("dryRun", "string"),
  query("gracePeriodSeconds", "integer"),
  query("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
  query("orphanDependents", "boolean"),
  query("propagationPolicy", "string"),
];

const contentOf = (media: readonly string[], schema: Schema): Schema => Object.fromEntries(media.map((type) => [type, { schema }]));
const bodyOf = (media: readonly string[], schema: Schema): Schema => ({ content: contentOf(media, schema), required: true });

interface Operation {
  /** As in `createAppsV1NamespacedDeployment`. */
  readonly verb: string;
  readonly action: string;
  readonly parameters?: readonly Schema[];
  readonly requestBody?: Schema;
  readonly reply: Schema;
  readonly created?: boolean;
  readonly suffix?: string;
}

/** What the paths of one kind are put into; `group` is empty for core. */
export function addPaths(paths: Record<string, Schema>, kind: DocumentedKind): void {
  const prefix = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const collection = kind.namespaced ? `${prefix}/namespaces/{namespace}/${kind.plural}` : `${prefix}/${kind.plural}`;
  const scope = [...(kind.namespaced ? [inPath("namespace")] : []), query("pretty", "string")];
  const own = referenceTo(kind.struct);
  if (kind.listKind === undefined) {
    paths[collection] = { parameters: scope, post: operation(kind, create(own)) };
    return;
  }
  const list = referenceTo(kind.struct.replace(/\.[^.]*$/, `.${kind.listKind}`));
  const named = [inPath("name"), ...scope];
  if (kind.namespaced) {
    paths[`${prefix}/${kind.plural}`] = {
      parameters: [...listQueries, query("pretty", "string")],
      get: operation(kind, { verb: "list", action: "list", reply: list, suffix: "ForAllNamespaces" }),
    };
  }
  paths[collection] = {
    parameters: scope,
    get: operation(kind, { verb: "list", action: "list", parameters: listQueries, reply: list }),
    post: operation(kind, create(own)),
    delete: operation(kind, { ...remove("deletecollection", "deleteCollection"), parameters: [...listQueries, ...deleteQueries] }),
  };
  paths[`${collection}/{name}`] = { parameters: named, ...item(kind, own, ""), delete: operation(kind, remove("delete", "delete")) };
  for (const subresource of kind.subresources ?? []) {
    if (subresource === "status") paths[`${collection}/{name}/status`] = { parameters: named, ...item(kind, own, "Status") };
    if (subresource === "scale") {
      const scale = { ...kind, group: "autoscaling", version: "v1", kind: "Scale" };
      paths[`${collection}/{name}/scale`] = { parameters: named, ...item(scale, referenceTo(scaleStruct), "Scale", kind) };
    }
  }
}

const create = (own: Schema): Operation => ({
  verb: "create",
  action: "post",
  parameters: writeQueries,
  requestBody: bodyOf(["*/*"], own),
  reply: own,
  created: true,
});

const remove = (action: string, verb: string): Operation => ({
  verb,
  action,
  parameters: deleteQueries,
  requestBody: { content: contentOf(["*/*"], referenceTo(deleteOptionsStruct)) },
  reply: referenceTo(statusStruct),
});

function item(kind: DocumentedKind, own: Schema, suffix: string, named: DocumentedKind = kind): Schema {
  const write = { parameters: writeQueries, reply: own, created: true, suffix };
  const patch = referenceTo(`${meta}.Patch`);
  return {
    get: operation(kind, { verb: "read", action: "get", reply: own, suffix }, named),
    put: operation(kind, { ...write, verb: "replace", action: "put", requestBody: bodyOf(["*/*"], own) }, named),
    patch: operation(
      kind,
      {
        ...write,
        verb: "patch",
        action: "patch",
        parameters: [...writeQueries, query("force", "boolean")],
        requestBody: bodyOf(patchMedia, patch),
      },
      named,
    ),
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `kind` is what the operation takes and gives, `named` what its id is called after. */
function operation(kind: DocumentedKind, what: Operation, named: DocumentedKind = kind): Schema {
  const family = named.group === "" ? "core" : (named.group.split(".")[0] ?? "");
  const place = named.namespaced && what.suffix !== "ForAllNamespaces" ? "Namespaced" : "";
  const media = what.action === "list" ? [...replyMedia, ...watchMedia] : replyMedia;
  const reply = { description: "OK", content: contentOf(media, what.reply) };
  return {
    operationId: `${what.verb}${capital(family)}${capital(named.version)}${place}${named.kind}${what.suffix ?? ""}`,
    tags: [`${family}_${named.version}`],
    ...(what.parameters === undefined ? {} : { parameters: what.parameters }),
    ...(what.requestBody === undefined ? {} : { requestBody: what.requestBody }),
    responses: {
      200: reply,
      ...(what.created === true ? { 201: { ...reply, description: "Created" } } : {}),
      401: { description: "Unauthorized" },
    },
    "x-kubernetes-action": what.action,
    "x-kubernetes-group-version-kind": { group: kind.group, kind: kind.kind, version: kind.version },
  };
}
