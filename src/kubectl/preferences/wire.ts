/** A kuberc file as `kuberc view` and `kuberc set` have it: v1beta1, whatever its text says. Upstream: kubectl/pkg/cmd/kuberc, kubectl/pkg/config/v1beta1 */
import { parseYaml } from "../../schema/yaml.ts";
import { KubectlError, textOf } from "../errors.ts";
import type { Files } from "../host.ts";
import { yamlText } from "../printers/yaml.ts";
import type { OptionDefault } from "./model.ts";

export interface WireDefaults {
  readonly command: string;
  readonly options: readonly OptionDefault[] | null;
}

export interface WireAlias {
  readonly name: string;
  readonly command: string;
  readonly prependArgs?: readonly string[];
  readonly appendArgs?: readonly string[];
  readonly options?: readonly OptionDefault[];
}

/** The fields in upstream's order. */
export interface WirePreference {
  readonly kind: string;
  readonly apiVersion: string;
  readonly defaults: readonly WireDefaults[] | null;
  readonly aliases: readonly WireAlias[] | null;
  readonly credentialPluginPolicy?: string;
  readonly credentialPluginAllowlist?: readonly { readonly name?: string; readonly command?: string }[];
}

export const emptyPreference: WirePreference = {
  kind: "Preference",
  apiVersion: "kubectl.config.k8s.io/v1beta1",
  defaults: null,
  aliases: null,
};

/** undefined where nothing stands in the file. Throws FileError, and KubectlError for what can't be read. */
export async function readPreference(path: string, files: Files): Promise<WirePreference | undefined> {
  const text = new TextDecoder().decode(await files.read(path));
  let value: unknown;
  try {
    ({ value } = parseYaml(text.split(/^---[ \t]*(?:\n|$)/m)[0] ?? ""));
  } catch (error) {
    throw new KubectlError(`error parsing kuberc file: ${textOf(error)}`);
  }
  if (value === null || value === undefined) return undefined;
  const given = value as Partial<WirePreference>;
  checkList(given, "defaults", "CommandDefaults");
  checkList(given, "aliases", "AliasOverride");
  return {
    kind: given.kind ?? "",
    apiVersion: given.apiVersion ?? "",
    defaults: given.defaults?.map(({ command, options }) => ({ command: command ?? "", options: optionsOf(options) })) ?? null,
    aliases: given.aliases?.map(aliasOf) ?? null,
    ...policyOf(given),
  };
}

function policyOf({ credentialPluginPolicy: type, credentialPluginAllowlist: allowed }: Partial<WirePreference>): Partial<WirePreference> {
  const entries = (allowed ?? []).map(({ name = "", command = "" }) => ({
    ...(name === "" ? {} : { name }),
    ...(command === "" ? {} : { command }),
  }));
  return {
    ...((type ?? "") === "" ? {} : { credentialPluginPolicy: type ?? "" }),
    ...(entries.length === 0 ? {} : { credentialPluginAllowlist: entries }),
  };
}

function aliasOf({ name, command, prependArgs, appendArgs, options }: WireAlias): WireAlias {
  return {
    name: name ?? "",
    command: command ?? "",
    ...((prependArgs ?? []).length === 0 ? {} : { prependArgs: prependArgs ?? [] }),
    ...((appendArgs ?? []).length === 0 ? {} : { appendArgs: appendArgs ?? [] }),
    ...((options ?? []).length === 0 ? {} : { options: optionsOf(options) ?? [] }),
  };
}

function optionsOf(options: readonly OptionDefault[] | null | undefined): OptionDefault[] | null {
  return options?.map((one) => ({ name: one.name ?? "", default: one.default ?? "" })) ?? null;
}

function checkList(given: Partial<WirePreference>, field: "defaults" | "aliases", type: string): void {
  const value: unknown = given[field];
  if (value === undefined || value === null || Array.isArray(value)) return;
  const found = typeof value === "boolean" ? "bool" : typeof value;
  throw new KubectlError(
    `error parsing kuberc file: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${found} into Go struct field Preference.${field} of type []v1beta1.${type}`,
  );
}

export async function writePreference(preference: WirePreference, path: string, files: Files): Promise<void> {
  await files.makeFolder(path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".");
  await files.write(path, yamlText(preference), 0o644);
}
