/**
 * The resources that a command line means: arguments, selectors and files together, with upstream's rules and refusals.
 * `select()` throws what is wrong before anything is asked; the visit throws what goes wrong on the way.
 * Upstream: cli-runtime/pkg/resource/{builder,visitor,result,mapper}.go
 */
import { KubectlError, textOf, throwAll } from "../errors.ts";
import type { Session } from "../session.ts";
import { parseLabelSelector } from "../../machinery/selectors.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { parseResourceArguments, parseTuple, type ResourceTuple, splitTypes } from "./arguments.ts";
import { checkFilenames, findFiles } from "./files.ts";
import type { Info } from "./info.ts";
import { Selection, type Source } from "./selection.ts";
import type { SelectOptions } from "./selectOptions.ts";
import type { Mapping } from "./restMapper.ts";

export const missingResource = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

export const noKustomizations = "kustomizations are not built in here: render them with kustomize and pass the result with -f -";

const localNeedsFile = `error: you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'`;

interface Wanted {
  readonly tuples: readonly ResourceTuple[];
  readonly types: readonly string[];
  readonly names: readonly string[];
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
}

export async function select(session: Session, options: SelectOptions): Promise<Selection> {
  const problems: unknown[] = [];
  const files = options.files ?? { filenames: [], kustomize: "", recursive: false };
  problems.push(...checkFilenames(files).map((text) => new KubectlError(text)));
  const found = problems.length === 0 ? await findFiles(files, session.host) : { files: [], problems: [], single: false };
  problems.push(...found.problems);
  const wanted = await wantedOf(session, options, problems);
  throwAll(problems);
  if (found.files.length > 0 || files.kustomize !== "") {
    refuseBeside(wanted);
    if (files.kustomize !== "") throw new KubectlError(noKustomizations);
    const sources: Source[] = found.files.map((file) => ({ form: "file", file }));
    const filter = wanted.labelSelector === undefined ? undefined : labelFilter(wanted.labelSelector);
    return new Selection(session, options, { sources, single: found.single, targetsSingle: true, filter });
  }
  if (options.local === true) throw new KubectlError(localNeedsFile);
  refuseUnfit(wanted, options);
  const mapper = await session.mapper();
  const mapping = (argument: string): Mapping => mapper.forArgument(argument);
  if (isSelector(wanted)) return bySelector(session, options, wanted, mapping);
  return byName(session, options, namedMappings(wanted, options, mapping));
}

function isSelector({ labelSelector, fieldSelector }: Wanted): boolean {
  return labelSelector !== undefined || fieldSelector !== undefined;
}

/** What can be told before a server is asked. */
function refuseUnfit(wanted: Wanted, options: SelectOptions): void {
  const { tuples, types, names } = wanted;
  if (!isSelector(wanted)) {
    if (tuples.length === 0 && types.length === 0 && names.length === 0) throw new KubectlError(missingResource);
    return;
  }
  if (names.length > 0) throw new KubectlError("name cannot be provided when a selector is specified");
  if (tuples.length > 0) throw new KubectlError("selectors and the all flag cannot be used when passing resource/name arguments");
  if (types.length === 0) throw new KubectlError("at least one resource must be specified to use a selector");
  if ((options.subresource ?? "") !== "") throw new KubectlError("subresource cannot be used when bulk resources are specified");
  if (types.length > 1 && options.singleResourceType === true) throw new KubectlError("you may only specify a single resource type");
}

function namedMappings(wanted: Wanted, options: SelectOptions, mapping: (argument: string) => Mapping): NamedMapping[] {
  const { tuples, types, names } = wanted;
  if (tuples.length > 0) {
    if (types.length > 0) throw new KubectlError("you may not specify individual resources and bulk resources in the same call");
    return resolveTuples(tuples, options, mapping);
  }
  if (names.length > 0) {
    if (types.length === 0) throw new KubectlError("you must provide a resource and a resource name together");
    if (types.length > 1) throw new KubectlError("you must specify only one resource");
    const one = mapping(types[0] ?? "");
    return names.map((name) => ({ mapping: one, name }));
  }
  for (const type of types) mapping(type);
  throw new KubectlError("resource(s) were provided, but no name was specified");
}

async function wantedOf(session: Session, options: SelectOptions, problems: unknown[]): Promise<Wanted> {
  const tuples: ResourceTuple[] = [];
  let types: string[] = [];
  let names: readonly string[] = [];
  let labelSelector = selectorOf(options.labelSelector, "label", options, problems);
  const fieldSelector = selectorOf(options.fieldSelector, "field", options, problems);
  if (options.names !== undefined) collectNames(options.names, tuples, problems);
  const args = options.args ?? [];
  try {
    const parsed = args.length === 0 ? undefined : parseResourceArguments(args, session.host.programName);
    if (parsed?.form === "tuples") tuples.push(...parsed.tuples);
    if (parsed?.form === "types") {
      types = splitTypes(await expandCategories(session, parsed.types));
      names = parsed.names;
      if (names.length === 0 && labelSelector === undefined && options.allowEmptySelector === true) labelSelector = "";
    }
  } catch (error) {
    problems.push(error);
  }
  if (options.selectAll === true && problems.length === 0) labelSelector = "";
  return { tuples, types, names, labelSelector, fieldSelector };
}

function collectNames({ type, names }: NonNullable<SelectOptions["names"]>, tuples: ResourceTuple[], problems: unknown[]): void {
  try {
    for (const name of names) {
      if (name.includes("/")) tuples.push(parseTuple(name));
      else if (type !== "") tuples.push({ resource: type, name });
      else problems.push(new KubectlError(`the argument ${goQuote(name)} must be RESOURCE/NAME`));
    }
  } catch (error) {
    problems.push(error);
  }
}

function selectorOf(text: string | undefined, kind: "label" | "field", options: SelectOptions, problems: unknown[]): string | undefined {
  const selector = (text ?? "").trim();
  if (selector === "") return undefined;
  if (options.selectAll === true) {
    const found =
      kind === "label"
        ? "setting 'all' parameter but found a non empty selector. "
        : `found non-empty field selector ${goQuote(text ?? "")} with previously set 'all' parameter. `;
    problems.push(new KubectlError(found));
    return undefined;
  }
  return selector;
}

/** Where the server doesn't answer nothing is expanded: what else is wrong is told first. */
async function expandCategories(session: Session, types: string): Promise<string> {
  const mapper = await session.mapper().catch(() => undefined);
  if (mapper === undefined) return types;
  return types
    .split(",")
    .map((type) => mapper.expandCategory(type)?.join(",") ?? type)
    .join(",");
}

function refuseBeside(wanted: Wanted): void {
  if (wanted.types.length > 0) {
    throw new KubectlError("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well");
  }
  if (wanted.names.length > 0) throw new KubectlError("name cannot be provided when a path is specified");
  if (wanted.tuples.length > 0) throw new KubectlError("resource/name arguments cannot be provided when a path is specified");
}

function labelFilter(selector: string): (info: Info) => boolean {
  try {
    const parsed = parseLabelSelector(selector);
    return ({ object }) => parsed.matches(object?.metadata?.labels ?? {});
  } catch (error) {
    throw new KubectlError(`the provided selector ${goQuote(selector)} is not valid: ${textOf(error)}`);
  }
}

function bySelector(session: Session, options: SelectOptions, wanted: Wanted, mapping: (argument: string) => Mapping): Selection {
  const mappings = new Map<string, Mapping>();
  for (const type of wanted.types) {
    const one = mapping(type);
    const key = `${one.group}/${one.version}/${one.kind}`;
    if (!mappings.has(key)) mappings.set(key, one);
  }
  const namespace = options.allNamespaces === true ? "" : options.namespace;
  const sources: Source[] = [...mappings.values()].map((one) => ({
    form: "selector",
    mapping: one,
    namespace: one.namespaced ? namespace : "",
    labelSelector: wanted.labelSelector ?? "",
    fieldSelector: wanted.fieldSelector ?? "",
  }));
  return new Selection(session, options, { sources, single: false, targetsSingle: false, filter: undefined });
}

interface NamedMapping {
  readonly mapping: Mapping;
  readonly name: string;
}

function resolveTuples(tuples: readonly ResourceTuple[], options: SelectOptions, mapping: (argument: string) => Mapping): NamedMapping[] {
  const known = new Map<string, Mapping>();
  for (const { resource } of tuples) if (!known.has(resource)) known.set(resource, mapping(resource));
  const kinds = new Set([...known.values()].map((one) => `${one.group}/${one.version}/${one.plural}`));
  if (kinds.size > 1 && options.singleResourceType === true) throw new KubectlError("you may only specify a single resource type");
  return tuples.map(({ resource, name }) => ({ mapping: known.get(resource) as Mapping, name }));
}

function byName(session: Session, options: SelectOptions, wanted: readonly NamedMapping[]): Selection {
  const namespace = options.allNamespaces === true ? "" : options.namespace;
  const sources: Source[] = wanted.map(({ mapping, name }) => {
    if (mapping.namespaced && namespace === "") {
      throw new KubectlError(
        options.allNamespaces === true
          ? "a resource cannot be retrieved by name across all namespaces"
          : "namespace may not be empty when retrieving a resource by name",
      );
    }
    const info: Info = {
      mapping,
      name,
      namespace: mapping.namespaced ? namespace : "",
      source: "",
      object: undefined,
      resourceVersion: "",
      subresource: options.subresource ?? "",
    };
    return { form: "info", info };
  });
  return new Selection(session, options, { sources, single: wanted.length === 1, targetsSingle: true, filter: undefined });
}
