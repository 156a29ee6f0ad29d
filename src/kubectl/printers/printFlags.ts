/**
 * From `-o` and its kin to a printer. `writeFlags` are those of verbs that change objects (create, apply, patch, ...); get and describe
 * have more of their own. Upstream: cli-runtime/pkg/genericclioptions/print_flags.go
 */
import { KubectlError, textOf } from "../errors.ts";
import { bool, type Flag, text } from "../flags.ts";
import type { Session } from "../session.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import { nameText } from "./name.ts";

export interface PrintFlagValues {
  readonly output: string;
  readonly template: string;
  readonly "allow-missing-template-keys": boolean;
  readonly "show-managed-fields": boolean;
}

export const printFlags: {
  readonly output: Flag<string>;
  readonly template: Flag<string>;
  readonly "allow-missing-template-keys": Flag<boolean>;
  readonly "show-managed-fields": Flag<boolean>;
} = {
  output: text({ short: "o" }),
  template: text(),
  "allow-missing-template-keys": bool({ initial: true }),
  "show-managed-fields": bool(),
};

export interface ObjectPrinter {
  /** `eventType`: the object is that of a watch event. `typed`: its fields stand in the order of the Go type, as those that we make here. */
  print(object: Unstructured, how?: { readonly eventType?: string | undefined; readonly typed?: boolean }): void;
}

const templateFormats = ["go-template", "go-template-file", "template", "templatefile"];
const pathFormats = ["jsonpath", "jsonpath-as-json", "jsonpath-file"];
const dataFormats = ["json", "yaml", "kyaml"];

/**
 * The printer of a verb that changes objects: `deployment.apps/web created` without -o, or what -o says.
 * `operation`: e.g. `created`, or `created (dry run)`. Throws KubectlError.
 */
export async function writePrinter(session: Session, flags: PrintFlagValues, operation: string): Promise<ObjectPrinter> {
  const output = flags.output === "" && flags.template !== "" ? "go-template" : flags.output;
  const found = await dataPrinter(session, { ...flags, output });
  if (found !== undefined) return found;
  if (output === "" || output === "name") {
    return { print: (object) => session.out(nameText(object, output === "name" ? "" : operation)) };
  }
  throw noSuchFormat(flags.output, [...dataFormats, "name", ...templateFormats, ...pathFormats]);
}

export function noSuchFormat(output: string, allowed: readonly string[]): KubectlError {
  return new KubectlError(
    `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: ${[...allowed].sort().join(",")}`,
  );
}

/** Printers of whole objects: json, yaml, kyaml, templates and paths; undefined for other formats. */
export async function dataPrinter(session: Session, flags: PrintFlagValues): Promise<ObjectPrinter | undefined> {
  const format = flags.output.toLowerCase();
  if (dataFormats.includes(format)) return await objectPrinter(session, format, flags["show-managed-fields"]);
  const [name, given] = splitFormat(flags.output, flags.template);
  if (pathFormats.includes(name)) return await pathPrinter(session, flags, { name, given });
  if (templateFormats.includes(name)) return await templatePrinter(session, flags, { name, given });
  return undefined;
}

/** `jsonpath={.items}` as its name and template. */
function splitFormat(output: string, template: string): readonly [name: string, template: string] {
  if (template !== "") return [output, template];
  const equals = output.indexOf("=");
  return equals < 0 ? [output, ""] : [output.slice(0, equals), output.slice(equals + 1)];
}

async function objectPrinter(session: Session, format: string, keepsManagedFields: boolean): Promise<ObjectPrinter> {
  const cleaned = (object: Unstructured): Unstructured => (keepsManagedFields ? object : withoutManagedFields(object));
  const { jsonText } = await import("./json.ts");
  if (format === "json") {
    return {
      print(object, { eventType, typed } = {}) {
        const value = wrapped(cleaned(object), eventType);
        session.out(`${jsonText(value, { sorted: typed !== true, ...(eventType === undefined ? {} : { indent: "" }) })}\n`);
      },
    };
  }
  let count = 0;
  const write: (value: unknown, typed: boolean) => string =
    format === "kyaml"
      ? await kyamlWriter()
      : (
          (yamlText) => (value) =>
            `${count++ > 0 ? "---\n" : ""}${yamlText(value)}`
        )((await import("./yaml.ts")).yamlText);
  return { print: (object, { eventType, typed } = {}) => session.out(write(wrapped(cleaned(object), eventType), typed === true)) };
}

async function kyamlWriter(): Promise<(value: unknown, typed: boolean) => string> {
  const { kyamlText } = await import("./kyaml.ts");
  return (value, typed) => kyamlText(value, !typed);
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

async function templateText(session: Session, { name, given }: Chosen, isFile: boolean): Promise<string> {
  if (given === "") throw new KubectlError("template format specified but no template given");
  if (!isFile) return given;
  void name;
  try {
    return new TextDecoder().decode(await session.host.files.read(given));
  } catch (error) {
    throw new KubectlError(`error reading --template ${given}, ${textOf(error)}`);
  }
}

async function pathPrinter(session: Session, flags: PrintFlagValues, chosen: Chosen): Promise<ObjectPrinter> {
  const template = await templateText(session, chosen, chosen.name === "jsonpath-file");
  const [{ JsonPath }, { printJsonPath }] = await Promise.all([import("./jsonpath/evaluate.ts"), import("./jsonpath/print.ts")]);
  let path: InstanceType<typeof JsonPath>;
  try {
    path = new JsonPath(template, { allowMissingKeys: flags["allow-missing-template-keys"] });
  } catch (error) {
    throw new KubectlError(`error parsing jsonpath ${template}, ${textOf(error)}`);
  }
  const asJson = chosen.name === "jsonpath-as-json";
  return { print: (object, { eventType } = {}) => session.out(printJsonPath(path, template, wrapped(object, eventType), asJson)) };
}

async function templatePrinter(session: Session, flags: PrintFlagValues, chosen: Chosen): Promise<ObjectPrinter> {
  const template = await templateText(session, chosen, chosen.name === "go-template-file" || chosen.name === "templatefile");
  const { GoTemplatePrinter } = await import("./goTemplate.ts");
  const printer = new GoTemplatePrinter(template, flags["allow-missing-template-keys"]);
  return { print: (object, { eventType } = {}) => printer.print(wrapped(object, eventType), (part) => session.out(part)) };
}
