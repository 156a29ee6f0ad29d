/**
 * A kuberc file's text as preferences: the first of its documents that is one. What isn't known in it is told, and passed over.
 * Upstream: kubectl/pkg/kuberc/marshal.go, kubectl/pkg/config/{v1alpha1,v1beta1}
 */
import { parseYaml, type ParsedYaml } from "../../schema/yaml.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";
import type { Preferences } from "./model.ts";

export interface DecodedPreferences {
  readonly preferences: Preferences;
  /** What a strict reader would have refused. */
  readonly problem: string | undefined;
}

type Shape = "text" | { readonly items: Shape } | { readonly fields: Readonly<Record<string, Shape>> };

const option: Shape = { fields: { name: "text", default: "text" } };
const texts: Shape = { items: "text" };

/** `options`: what the version calls them. */
function aliasShape(options: string): Shape {
  return { items: { fields: { name: "text", command: "text", prependArgs: texts, appendArgs: texts, [options]: { items: option } } } };
}

interface Version {
  readonly shape: Shape;
  readonly defaults: "defaults" | "overrides";
  readonly options: "options" | "flags";
}

const head = { apiVersion: "text", kind: "text" } as const;

const versions: Readonly<Record<string, Version>> = {
  "kubectl.config.k8s.io/v1beta1": {
    shape: {
      fields: {
        ...head,
        defaults: { items: { fields: { command: "text", options: { items: option } } } },
        aliases: aliasShape("options"),
        credentialPluginPolicy: "text",
        credentialPluginAllowlist: { items: { fields: { name: "text", command: "text" } } },
      },
    },
    defaults: "defaults",
    options: "options",
  },
  "kubectl.config.k8s.io/v1alpha1": {
    shape: {
      fields: { ...head, overrides: { items: { fields: { command: "text", flags: { items: option } } } }, aliases: aliasShape("flags") },
    },
    defaults: "overrides",
    options: "flags",
  },
};

/** undefined where nothing stands in the file. Throws KubectlError where none of its documents is a usable one. */
export function decodePreferences(text: string, path: string): DecodedPreferences | undefined {
  const documents = text.split(/^---[ \t]*(?:\n|$)/m).filter((document) => document.trim() !== "");
  for (const document of documents) {
    const decoded = decodeDocument(document);
    if (decoded !== undefined) return decoded;
  }
  if (documents.length > 0) throw new KubectlError(`no valid preferences found in ${path}, use --v=5 to see details`);
  return undefined;
}

function decodeDocument(text: string): DecodedPreferences | undefined {
  let parsed: ParsedYaml;
  try {
    parsed = parseYaml(text);
  } catch {
    return undefined;
  }
  const { value, duplicates } = parsed;
  if (typeof value !== "object" || value === null) return undefined;
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  const version = typeof apiVersion === "string" ? versions[apiVersion] : undefined;
  if (version === undefined || kind !== "Preference") return undefined;
  const unknown: string[] = [];
  if (!fits(value, version.shape, "", unknown)) return undefined;
  const preferences = preferencesOf(value, version);
  if (preferences === undefined) return undefined;
  const told = duplicates.length > 0 ? [`yaml: unmarshal errors:\n${duplicates.map((one) => `  ${one}`).join("\n")}`] : unknown;
  return { preferences, problem: told.length === 0 ? undefined : `strict decoding error: ${told.join(", ")}` };
}

/** Whether the value is of that shape; fields beyond it go into `unknown`. */
function fits(value: unknown, shape: Shape, path: string, unknown: string[]): boolean {
  if (value === null || value === undefined) return true;
  if (shape === "text") return typeof value === "string";
  if ("items" in shape) {
    return Array.isArray(value) && value.every((item, at) => fits(item, shape.items, `${path}[${at}]`, unknown));
  }
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .every(([name, field]) => {
      const inner = shape.fields[name];
      const place = path === "" ? name : `${path}.${name}`;
      if (inner !== undefined) return fits(field, inner, place, unknown);
      unknown.push(`unknown field ${goQuote(place)}`);
      return true;
    });
}

interface WireOption {
  readonly name?: string | null;
  readonly default?: string | null;
}

interface WireCommand {
  readonly name?: string | null;
  readonly command?: string | null;
  readonly prependArgs?: readonly (string | null)[] | null;
  readonly appendArgs?: readonly (string | null)[] | null;
  readonly options?: readonly (WireOption | null)[] | null;
  readonly flags?: readonly (WireOption | null)[] | null;
}

interface WirePreferences {
  readonly defaults?: readonly (WireCommand | null)[] | null;
  readonly overrides?: readonly (WireCommand | null)[] | null;
  readonly aliases?: readonly (WireCommand | null)[] | null;
  readonly credentialPluginPolicy?: string | null;
  readonly credentialPluginAllowlist?: readonly (WireCommand | null)[] | null;
}

function preferencesOf(wire: WirePreferences, { defaults, options }: Version): Preferences | undefined {
  const optionsOf = (one: WireCommand | null): { name: string; default: string }[] =>
    (one?.[options] ?? []).map((given) => ({ name: given?.name ?? "", default: given?.default ?? "" }));
  const beta = defaults === "defaults";
  const allowlist = beta ? (wire.credentialPluginAllowlist ?? undefined) : undefined;
  // Both, and different, can't be meant.
  if (allowlist?.some((one) => one?.name && one.command && one.name !== one.command)) return undefined;
  return {
    defaults: (wire[defaults] ?? []).map((one) => ({ command: one?.command ?? "", options: optionsOf(one) })),
    aliases: (wire.aliases ?? []).map((one) => ({
      name: one?.name ?? "",
      command: one?.command ?? "",
      prependArgs: (one?.prependArgs ?? []).map((word) => word ?? ""),
      appendArgs: (one?.appendArgs ?? []).map((word) => word ?? ""),
      options: optionsOf(one),
    })),
    pluginPolicy: {
      type: beta ? (wire.credentialPluginPolicy ?? "") : "",
      allowlist: allowlist?.map((one) => one?.command || one?.name || ""),
    },
  };
}
