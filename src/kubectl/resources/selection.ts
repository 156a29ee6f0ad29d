/** What select() found: visited one by one, or taken as a whole. Upstream: cli-runtime/pkg/resource/{visitor,result}.go */
import { Failures, KubectlError, NoKindMatch, textOf, throwAll } from "../errors.ts";
import type { Session } from "../session.ts";
import { isApiError } from "../../machinery/status.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { WatchEvent } from "../../client/client.ts";
import type { InputDocument } from "./documents.ts";
import type { InputFile } from "./files.ts";
import { type Info, isNamespaced, type LoadedInfo } from "./info.ts";
import { Requests } from "./requests.ts";
import type { Mapping } from "./restMapper.ts";
import type { SelectOptions } from "./selectOptions.ts";
import { isList, type Unstructured, withItemKinds } from "./unstructured.ts";

export type Source =
  | { readonly form: "file"; readonly file: InputFile }
  | { readonly form: "info"; readonly info: Info }
  | {
      readonly form: "selector";
      readonly mapping: Mapping;
      readonly namespace: string;
      readonly labelSelector: string;
      readonly fieldSelector: string;
    };

interface Found {
  readonly sources: readonly Source[];
  /** One object was asked for: it is printed without a list around it. */
  readonly single: boolean;
  /** Objects were named, in arguments or files. */
  readonly targetsSingle: boolean;
  readonly filter: ((info: Info) => boolean) | undefined;
}

export type Visit = (info: LoadedInfo) => Promise<void> | void;

export class Selection {
  readonly sources: readonly Source[];
  readonly single: boolean;
  readonly targetsSingle: boolean;
  private readonly session: Session;
  private readonly options: SelectOptions;
  private readonly filter: Found["filter"];
  private ignored: ((error: unknown) => boolean) | undefined;

  constructor(session: Session, options: SelectOptions, found: Found) {
    this.session = session;
    this.options = options;
    this.sources = found.sources;
    this.single = found.single;
    this.targetsSingle = found.targetsSingle;
    this.filter = found.filter;
  }

  /** Failures of this sort are passed over. */
  ignore(matches: (error: unknown) => boolean): this {
    this.ignored = matches;
    return this;
  }

  /**
   * Calls `fn` for each resource. With `requireObject: false` infos of names come without their object: ask `info.object`.
   * Throws the first failure; with `continueOnError` all of them at the end.
   */
  async visit(fn: Visit): Promise<void> {
    throwAll(await this.tryVisit(fn));
  }

  /** As visit, but gives the failures. */
  async tryVisit(fn: Visit): Promise<unknown[]> {
    const failures: unknown[] = [];
    const one = async (info: Info): Promise<void> => {
      await this.prepare(info);
      await fn(info as LoadedInfo);
    };
    for (const source of this.sources) {
      try {
        await this.visitSource(source, one, failures);
      } catch (error) {
        failures.push(...(error instanceof Failures ? error.errors : [error]));
        if (this.options.continueOnError !== true) break;
      }
    }
    return failures.filter((error) => this.ignored?.(error) !== true);
  }

  async infos(): Promise<LoadedInfo[]> {
    const infos: LoadedInfo[] = [];
    await this.visit((info) => void infos.push(info));
    return infos;
  }

  /** All of it as one object: the one, or a v1 List. */
  async object(): Promise<Unstructured> {
    const infos = await this.infos();
    const objects = infos.map(({ object }) => object);
    const [first] = objects;
    if (objects.length === 1 && first !== undefined && (this.single || isList(first))) return first;
    const versions = new Set(infos.map(({ resourceVersion }) => resourceVersion));
    return v1List(objects, versions.size === 1 ? ([...versions][0] ?? "") : "");
  }

  /** The one mapping of all that was selected; throws where there are several. */
  resourceMapping(): Mapping {
    const mappings = new Map<string, Mapping>();
    for (const source of this.sources) {
      if (source.form === "file") {
        throw new KubectlError(`a resource mapping could not be loaded from *resource.FileVisitor`);
      }
      const mapping = source.form === "info" ? source.info.mapping : source.mapping;
      if (mapping !== undefined) mappings.set(`${mapping.group}/${mapping.version}/${mapping.plural}`, mapping);
    }
    const [only] = mappings.values();
    if (mappings.size !== 1 || only === undefined) throw new KubectlError("expected only a single resource type");
    return only;
  }

  /** Changes of the one source from `resourceVersion` on. */
  async watch(resourceVersion: string, signal: AbortSignal): Promise<AsyncIterable<WatchEvent<Unstructured>>> {
    const [source] = this.sources;
    if (this.sources.length !== 1 || source === undefined) {
      throw new KubectlError("you may only watch a single resource or type of resource at a time");
    }
    const requests = await this.requests();
    if (source.form === "selector") {
      const { mapping, namespace, labelSelector, fieldSelector } = source;
      return requests.watch(mapping, namespace, { labelSelector, fieldSelector, resourceVersion }, signal);
    }
    const infos = source.form === "info" ? [source.info] : await this.infos();
    const [info] = infos;
    if (infos.length !== 1 || info?.mapping === undefined) {
      throw new KubectlError(
        `watch is only supported on individual resources and resource collections - ${infos.length} resources were found`,
      );
    }
    return requests.watch(info.mapping, info.namespace, { fieldSelector: `metadata.name=${info.name}`, resourceVersion }, signal);
  }

  private async requests(): Promise<Requests> {
    return new Requests(await this.session.api(), this.options.change);
  }

  private async visitSource(source: Source, one: (info: Info) => Promise<void>, failures: unknown[]): Promise<void> {
    switch (source.form) {
      case "info":
        await this.each({ ...source.info }, one, failures);
        return;
      case "selector":
        await this.visitLists(source, one, failures);
        return;
      case "file":
        await this.visitFile(source.file, one, failures);
    }
  }

  private async visitLists(source: Source & { form: "selector" }, one: (info: Info) => Promise<void>, failures: unknown[]): Promise<void> {
    const { mapping, namespace, labelSelector, fieldSelector } = source;
    const requests = await this.requests();
    for await (const list of requests.pages(mapping, namespace, { labelSelector, fieldSelector, limit: this.options.limit })) {
      const info = infoOf(list, "", mapping);
      info.namespace = namespace;
      await this.each(info, one, failures);
    }
  }

  private async visitFile(file: InputFile, one: (info: Info) => Promise<void>, failures: unknown[]): Promise<void> {
    const bytes = await file.read();
    const { readDocuments } = await import("./documents.ts");
    const documents = readDocuments(bytes);
    for (;;) {
      let next: IteratorResult<InputDocument>;
      try {
        next = documents.next();
      } catch (error) {
        throw new KubectlError(`error parsing ${file.source}: ${textOf(error)}`);
      }
      if (next.done === true) return;
      await this.visitDocument(next.value, file, one, failures);
    }
  }

  private async visitDocument(
    document: InputDocument,
    file: InputFile,
    one: (info: Info) => Promise<void>,
    failures: unknown[],
  ): Promise<void> {
    try {
      await this.options.validate?.(document.value, document.raw);
    } catch (error) {
      throw new KubectlError(`error validating ${goQuote(file.source)}: ${textOf(error)}`);
    }
    let info: Info;
    try {
      info = await this.infoOfDocument(document, file.source);
    } catch (error) {
      if (this.options.continueOnError !== true) throw error;
      failures.push(error);
      return;
    }
    await this.each(info, one, failures);
  }

  /** One info, or the items of its list where lists are flattened. */
  private async each(info: Info, one: (info: Info) => Promise<void>, failures: unknown[]): Promise<void> {
    if (this.options.flatten !== true || info.object === undefined || !isList(info.object)) {
      await this.guarded(() => this.latestThen(info, one), failures);
      return;
    }
    const problems: unknown[] = [];
    for (const item of flatItems(info.object)) {
      try {
        const inside = infoOf(item, info.source, await this.mappingOf(item));
        if (info.resourceVersion !== "") inside.resourceVersion = info.resourceVersion;
        await this.latestThen(inside, one);
      } catch (error) {
        problems.push(error);
      }
    }
    if (problems.length > 0) await this.guarded(() => Promise.reject(new Failures(problems)), failures);
  }

  private async guarded(action: () => Promise<void>, failures: unknown[]): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.options.continueOnError !== true) throw error;
      if (error instanceof Failures) failures.push(...error.errors);
      else failures.push(error);
    }
  }

  private async latestThen(info: Info, one: (info: Info) => Promise<void>): Promise<void> {
    if (this.filter !== undefined && !this.filter(info)) return;
    if (this.options.latest === true && info.source !== "") {
      if (this.options.defaultNamespace !== false) setNamespace(info, this.options.namespace);
      if (info.object !== undefined && isList(info.object)) {
        throw new KubectlError(
          "watch is only supported on individual resources and resource collections, but a list of resources is found",
        );
      }
      if (info.name !== "") await this.fetch(info);
    }
    await one(info);
  }

  private async prepare(info: Info): Promise<void> {
    if (this.options.defaultNamespace !== false) setNamespace(info, this.options.namespace);
    if (this.options.enforceNamespace === true) requireNamespace(info, this.options.namespace);
    if (!isNamespaced(info)) {
      info.namespace = "";
      if (info.object?.metadata?.namespace !== undefined) delete info.object.metadata.namespace;
    }
    if (this.options.requireObject !== false && info.object === undefined) await this.fetch(info);
  }

  private async fetch(info: Info): Promise<void> {
    if (info.mapping === undefined) return;
    try {
      info.object = await (await this.requests()).get(info.mapping, info, info.subresource);
      info.resourceVersion = info.object.metadata?.resourceVersion ?? "";
    } catch (error) {
      if (isApiError(error, "NotFound") && info.namespace !== "" && info.namespace !== "default")
        await this.tellMissingNamespace(info.namespace);
      throw error;
    }
  }

  /** Where the namespace is missing too, that is the better message. */
  private async tellMissingNamespace(namespace: string): Promise<void> {
    const api = await this.session.api();
    try {
      await api.send({ path: `/api/v1/namespaces/${encodeURIComponent(namespace)}` });
    } catch (error) {
      if (isApiError(error, "NotFound")) throw error;
    }
  }

  private async infoOfDocument({ value, raw }: InputDocument, source: string): Promise<Info> {
    const object = checkedObject(value, raw, source);
    if (this.options.local === true) return infoOf(object, source, undefined);
    const info = infoOf(object, source, undefined);
    try {
      info.mapping = await this.mappingOf(object);
    } catch (error) {
      if (error instanceof NoKindMatch) {
        const { name, namespace } = info;
        throw new KubectlError(
          `resource mapping not found for name: ${goQuote(name)} namespace: ${goQuote(namespace)} from ${goQuote(source)}: ${error.message}\nensure CRDs are installed first`,
        );
      }
      throw new KubectlError(`unable to recognize ${goQuote(source)}: ${textOf(error)}`);
    }
    return info;
  }

  private async mappingOf(object: Unstructured): Promise<Mapping | undefined> {
    if (this.options.local === true) return undefined;
    const [group, version] = groupVersionOf(object.apiVersion ?? "");
    return (await this.session.mapper()).forKind(group, object.kind ?? "", version);
  }
}

export function groupVersionOf(apiVersion: string): readonly [group: string, version: string] {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

export function v1List(items: readonly Unstructured[], resourceVersion: string): Unstructured {
  return { apiVersion: "v1", items: [...items], kind: "List", metadata: { resourceVersion } as Unstructured["metadata"] };
}

/** The list of objects that were written, which is of no version. */
export function writtenList(items: readonly Unstructured[]): Unstructured {
  return { ...v1List(items, ""), metadata: {} as Unstructured["metadata"] };
}

function infoOf(object: Unstructured, source: string, mapping: Mapping | undefined): Info {
  return {
    mapping,
    object,
    source,
    name: object.metadata?.name ?? "",
    namespace: object.metadata?.namespace ?? "",
    resourceVersion: object.metadata?.resourceVersion ?? "",
    subresource: "",
  };
}

function flatItems(object: Unstructured): Unstructured[] {
  return isList(object) ? object.items.flatMap(flatItems) : [object];
}

function setNamespace(info: Info, namespace: string): void {
  if (!isNamespaced(info) || info.namespace !== "") return;
  info.namespace = namespace;
  if (info.object !== undefined && namespace !== "") (info.object.metadata ??= { name: "" }).namespace = namespace;
}

function requireNamespace(info: Info, namespace: string): void {
  if (!isNamespaced(info)) return;
  setNamespace(info, namespace);
  if (info.namespace !== namespace) {
    throw new KubectlError(
      `the namespace from the provided object ${goQuote(info.namespace)} does not match the namespace ${goQuote(namespace)}. You must pass '--namespace=${info.namespace}' to perform this operation.`,
    );
  }
}

/** Refuses what can't be an API object, as upstream's decoder words it. */
function checkedObject(value: unknown, raw: string, source: string): Unstructured {
  const refuse = (reason: string): never => {
    throw new KubectlError(`unable to decode ${goQuote(source)}: ${reason}`);
  };
  const type = jsonType(value);
  if (type !== "object") return refuse(`json: cannot unmarshal ${type} into Go value of type unstructured.detector`);
  const object = value as Unstructured;
  for (const field of ["kind", "apiVersion"] as const) {
    const found = jsonType(object[field]);
    if (found !== "null" && found !== "string")
      return refuse(`json: cannot unmarshal ${found} into Go struct field detector.${field} of type string`);
  }
  if ((object.kind ?? "") === "") return refuse(`Object 'Kind' is missing in '${raw}'`);
  if ((object.apiVersion ?? "") === "") return refuse(`Object 'apiVersion' is missing in '${raw}'`);
  const meta = jsonType(object.metadata);
  if (meta !== "null" && meta !== "object") {
    return refuse(`json: cannot unmarshal ${meta} into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta`);
  }
  return withItemKinds(object);
}

function jsonType(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
