/**
 * From `-o` and its kin to what prints whole objects: json, yaml, kyaml, templates, paths. What a verb prints without -o is its own.
 * Upstream: cli-runtime/pkg/genericclioptions/print_flags.go
 */
import { KubectlError, textOf } from "../errors.ts";
import type { Session } from "../session.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";

/** Where it is printed: a session, or something that collects. */
export type Printing = Pick<Session, "out" | "host">;

export interface FormatFlags {
  readonly output: string;
  readonly template: string;
  readonly "allow-missing-template-keys": boolean;
  readonly "show-managed-fields": boolean;
}

/** For verbs that print YAML or JSON unless told otherwise: a template alone asks for itself. */
export function withTemplate<F extends FormatFlags>(flags: F, outputGiven: boolean): F {
  return flags.template !== "" && !outputGiven ? { ...flags, output: "go-template" } : flags;
}

/**
 * `typed`: the fields stand in the order of the Go type, as those of objects that we make; default: in the alphabet's.
 * `eventType`: the object is that of a watch event.
 */
export type PrintObject = (object: Unstructured, typed?: boolean, eventType?: string) => void;

const templateFormats = ["go-template", "go-template-file", "template", "templatefile"];
const pathFormats = ["jsonpath", "jsonpath-as-json", "jsonpath-file"];
const dataFormats = ["json", "yaml", "kyaml"];

/**
 * undefined without -o, for `-o name` and for the formats in `others`, which the caller prints. Throws KubectlError for a format that
 * doesn't exist or can't be used.
 */
export async function objectPrinter(
  session: Printing,
  flags: FormatFlags,
  others: readonly string[] = [],
): Promise<PrintObject | undefined> {
  const output = flags.output === "" && flags.template !== "" ? "go-template" : flags.output;
  const format = output.toLowerCase();
  if (dataFormats.includes(format)) return await dataPrinter(session, format, flags["show-managed-fields"]);
  const [name, given] = splitFormat(output, flags.template);
  if (pathFormats.includes(name)) return await pathPrinter(session, flags, { name, given });
  if (templateFormats.includes(name)) return await templatePrinter(session, flags, { name, given });
  if (output === "" || output === "name" || others.includes(output)) return undefined;
  throw noSuchFormat(output, [...dataFormats, "name", ...templateFormats, ...pathFormats, ...others]);
}

export function noSuchFormat(output: string, allowed: readonly string[]): KubectlError {
  return new KubectlError(
    `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: ${[...allowed].sort().join(",")}`,
  );
}

/** `jsonpath={.items}` as its name and template. */
function splitFormat(output: string, template: string): readonly [name: string, template: string] {
  if (template !== "") return [output, template];
  const equals = output.indexOf("=");
  return equals < 0 ? [output, ""] : [output.slice(0, equals), output.slice(equals + 1)];
}

async function dataPrinter(session: Printing, format: string, keepsManagedFields: boolean): Promise<PrintObject> {
  const write = await writerOf(format);
  return (object, typed = false, eventType) => {
    const cleaned = keepsManagedFields ? object : withoutManagedFields(object);
    session.out(write(wrapped(cleaned, eventType), typed, eventType !== undefined));
  };
}

type WriteValue = (value: unknown, typed: boolean, isEvent: boolean) => string;

async function writerOf(format: string): Promise<WriteValue> {
  if (format === "kyaml") {
    const { kyamlText } = await import("./kyaml.ts");
    return (value, typed) => kyamlText(value, !typed);
  }
  if (format === "json") {
    const { jsonText } = await import("./json.ts");
    return (value, typed, isEvent) => `${jsonText(value, { sorted: !typed, ...(isEvent ? { indent: "" } : {}) })}\n`;
  }
  const { yamlText } = await import("./yaml.ts");
  let count = 0;
  return (value) => {
    count += 1;
    return `${count > 1 ? "---\n" : ""}${yamlText(value)}`;
  };
}

function wrapped(object: Unstructured, eventType: string | undefined): unknown {
  return eventType === undefined ? object : { type: eventType, object };
}

export function withoutManagedFields(object: Unstructured): Unstructured {
  if (isList(object)) return { ...object, items: object.items.map(withoutManagedFields) };
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

interface Chosen {
  readonly name: string;
  readonly given: string;
}

async function templateText(session: Printing, { given }: Chosen, isFile: boolean): Promise<string> {
  if (given === "") throw new KubectlError("template format specified but no template given");
  if (!isFile) return given;
  try {
    return new TextDecoder().decode(await session.host.files.read(given));
  } catch (error) {
    throw new KubectlError(`error reading --template ${given}, ${textOf(error)}`);
  }
}

async function pathPrinter(session: Printing, flags: FormatFlags, chosen: Chosen): Promise<PrintObject> {
  const template = await templateText(session, chosen, chosen.name === "jsonpath-file");
  const [{ JsonPath }, { printJsonPath }] = await Promise.all([import("./jsonpath/evaluate.ts"), import("./jsonpath/print.ts")]);
  let path: InstanceType<typeof JsonPath>;
  try {
    path = new JsonPath(template, { allowMissingKeys: flags["allow-missing-template-keys"] });
  } catch (error) {
    throw new KubectlError(`error parsing jsonpath ${template}, ${textOf(error)}`);
  }
  const asJson = chosen.name === "jsonpath-as-json";
  return (object, _typed, eventType) => session.out(printJsonPath(path, template, wrapped(object, eventType), asJson));
}

async function templatePrinter(session: Printing, flags: FormatFlags, chosen: Chosen): Promise<PrintObject> {
  const template = await templateText(session, chosen, chosen.name === "go-template-file" || chosen.name === "templatefile");
  const { GoTemplatePrinter } = await import("./goTemplate.ts");
  const printer = new GoTemplatePrinter(template, flags["allow-missing-template-keys"]);
  return (object, _typed, eventType) => printer.print(wrapped(object, eventType), (part) => session.out(part));
}
