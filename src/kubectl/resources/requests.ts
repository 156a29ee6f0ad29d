/**
 * The API's verbs on a mapped resource, as upstream's resource helper sends them. Throws ApiError.
 * Upstream: cli-runtime/pkg/resource/helper.go
 */
import type { Api, Call } from "../api.ts";
import { isApiError } from "../../machinery/status.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { DeleteOptions, WatchEvent } from "../../client/client.ts";
import type { KindRef } from "../../machinery/kind.ts";
import { type Unstructured, type UnstructuredList, withItemKinds } from "./unstructured.ts";

export interface WriteOptions {
  /** `--dry-run=server`. */
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  /** `Strict`, `Warn`, `Ignore`. */
  readonly fieldValidation?: string | undefined;
  readonly subresource?: string | undefined;
}

export interface ListParams {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Changes requests on their way, e.g. to ask for a Table. */
export type RequestChange = (call: Call) => Call;

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;
export type PatchKind = keyof typeof patchTypes;

export class Requests {
  private readonly api: Api;
  private readonly change: RequestChange;

  constructor(api: Api, change: RequestChange = (call) => call) {
    this.api = api;
    this.change = change;
  }

  get(mapping: KindRef, place: Place, subresource = ""): Promise<Unstructured> {
    return this.api.object(this.change({ path: pathOf(mapping, place, subresource) }));
  }

  /** Undefined: there is none of that name. */
  async find(mapping: KindRef, place: Place): Promise<Unstructured | undefined> {
    try {
      return await this.get(mapping, place);
    } catch (error) {
      if (isApiError(error, "NotFound")) return undefined;
      throw error;
    }
  }

  async list(mapping: KindRef, namespace: string, params: ListParams = {}): Promise<UnstructuredList> {
    try {
      return await this.dynamicList(mapping, namespace, params);
    } catch (error) {
      throw enhanced(error, params, mapping);
    }
  }

  /** As upstream's dynamic client lists: a failure is told in the server's words alone. */
  async dynamicList(mapping: KindRef, namespace: string, params: ListParams = {}): Promise<UnstructuredList> {
    const path = pathOf(mapping, { namespace, name: "" });
    return withItemKinds((await this.api.object(this.change({ path, query: queryOf(params) }))) as UnstructuredList);
  }

  /** Page after page, where the server cuts the list into pages of `limit`. */
  async *pages(mapping: KindRef, namespace: string, params: ListParams): AsyncGenerator<UnstructuredList> {
    let next: string | undefined;
    do {
      const list = await this.list(mapping, namespace, { ...params, continue: next });
      yield list;
      next = (list.metadata as { continue?: string } | undefined)?.continue;
    } while (next !== undefined && next !== "");
  }

  watch(
    mapping: KindRef,
    namespace: string,
    params: ListParams & Call["query"],
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<Unstructured>> {
    const path = pathOf(mapping, { namespace, name: "" });
    return this.api.watch(this.change({ path, query: { ...params, ...queryOf(params), watch: true } }), signal);
  }

  create(mapping: KindRef, namespace: string, object: unknown, options: WriteOptions = {}): Promise<Unstructured> {
    const path = pathOf(mapping, { namespace, name: "" });
    return this.api.object(this.change({ method: "POST", path, query: writeQuery(options), body: object }));
  }

  replace(mapping: KindRef, place: Place, object: unknown, options: WriteOptions = {}): Promise<Unstructured> {
    const path = pathOf(mapping, place, options.subresource);
    return this.api.object(this.change({ method: "PUT", path, query: writeQuery(options), body: object }));
  }

  patch(
    mapping: KindRef,
    place: Place,
    patch: TypedPatch,
    options: WriteOptions & { force?: boolean | undefined } = {},
  ): Promise<Unstructured> {
    const path = pathOf(mapping, place, options.subresource);
    const query = { ...writeQuery(options), ...(options.force === undefined ? {} : { force: options.force }) };
    return this.api.object(this.change({ method: "PATCH", path, query, body: patch.body, contentType: patchTypes[patch.type] }));
  }

  /** The answer is the object (still there, or as it last was) or a Status. */
  delete(mapping: KindRef, place: Place, options: DeleteOptions & { dryRun?: boolean } = {}): Promise<Unstructured> {
    const { dryRun, ...rest } = options;
    const body = { kind: "DeleteOptions", apiVersion: "v1", ...rest, ...(dryRun === true ? { dryRun: ["All"] } : {}) };
    return this.api.object(this.change({ method: "DELETE", path: pathOf(mapping, place), body }));
  }
}

export interface TypedPatch {
  readonly type: PatchKind;
  /** JSON value, or a text as it is. */
  readonly body: unknown;
}

/** `/apis/apps/v1/namespaces/default/deployments/web/scale`; the collection for an empty name. */
export function pathOf(mapping: KindRef, { namespace, name }: Place, subresource = ""): string {
  const root = mapping.group === "" ? `/api/${mapping.version}` : `/apis/${mapping.group}/${mapping.version}`;
  const inside = mapping.namespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const one = name === "" ? "" : `/${encodeURIComponent(name)}`;
  return `${root}${inside}/${mapping.plural}${one}${subresource === "" ? "" : `/${subresource}`}`;
}

function queryOf(params: ListParams): NonNullable<Call["query"]> {
  return {
    labelSelector: blankAsAbsent(params.labelSelector),
    fieldSelector: blankAsAbsent(params.fieldSelector),
    limit: params.limit === 0 ? undefined : params.limit,
    continue: blankAsAbsent(params.continue),
    resourceVersion: blankAsAbsent(params.resourceVersion),
  };
}

function blankAsAbsent(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function writeQuery({ dryRun, fieldManager, fieldValidation }: WriteOptions): NonNullable<Call["query"]> {
  return {
    dryRun: dryRun === true ? "All" : undefined,
    fieldManager: blankAsAbsent(fieldManager),
    fieldValidation: blankAsAbsent(fieldValidation),
  };
}

/** Says what was looked for when a list is refused. */
function enhanced(error: unknown, params: ListParams, mapping: KindRef): unknown {
  if (!isApiError(error) || error.reason === "Expired" || (error.reason !== "BadRequest" && error.reason !== "NotFound")) return error;
  const subject = `${mapping.group}/${mapping.version}, Resource=${mapping.plural}`;
  const { labelSelector = "", fieldSelector = "" } = params;
  error.status.message =
    labelSelector === "" && fieldSelector === ""
      ? `Unable to list ${goQuote(subject)}: ${error.message}`
      : `Unable to find ${goQuote(subject)} that match label selector ${goQuote(labelSelector)}, field selector ${goQuote(fieldSelector)}: ${error.message}`;
  error.message = error.status.message;
  return error;
}
