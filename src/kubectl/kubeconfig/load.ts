/**
 * Reading kubeconfig files and merging several of them: of a name, the first file that has it wins; the current context is the first
 * that is set. Relative paths are against their own file's folder.
 * Upstream: client-go/tools/clientcmd/loader.go
 */
import { parsePlainYaml } from "../../schema/plainYaml.ts";
import { KubectlError, textOf, throwAll } from "../errors.ts";
import { FileError, type Files } from "../host.ts";
import {
  clusterPaths,
  emptyKubeconfig,
  type KubeCluster,
  type Kubeconfig,
  type KubeContext,
  type KubeUser,
  type NamedExtension,
  type Placed,
  userPaths,
} from "./model.ts";

export interface LoadingRules {
  /** From --kubeconfig: only this file, which must exist. Empty: the others. */
  readonly explicitPath: string;
  /** $KUBECONFIG's files, or the one at home. */
  readonly precedence: readonly string[];
  /** $KUBECONFIG is set: say so when none of its files exists. */
  readonly warnIfAllMissing: boolean;
}

export function loadingRules(explicitPath: string, env: Readonly<Record<string, string | undefined>>, home: string): LoadingRules {
  const listed = (env["KUBECONFIG"] ?? "").split(":");
  if ((env["KUBECONFIG"] ?? "") === "") return { explicitPath, precedence: [`${home}/.kube/config`], warnIfAllMissing: false };
  return { explicitPath, precedence: [...new Set(listed)], warnIfAllMissing: true };
}

/** The files to look into, in order. */
export function filesOf(rules: LoadingRules): readonly string[] {
  return rules.explicitPath === "" ? rules.precedence : [rules.explicitPath];
}

export interface LoadOptions {
  /** Leave relative paths as they stand, for writing them back. */
  readonly keepPaths?: boolean;
  warn?(text: string): void;
}

export async function loadKubeconfig(rules: LoadingRules, files: Files, options: LoadOptions = {}): Promise<Kubeconfig> {
  const found: Kubeconfig[] = [];
  const problems: unknown[] = [];
  const missing: string[] = [];
  for (const path of filesOf(rules).filter((one) => one !== "")) {
    try {
      found.push(await loadFile(path, files));
    } catch (error) {
      const absent = error instanceof FileError && error.code === "notFound";
      if (absent && rules.explicitPath !== "") throw new KubectlError(error.message.replace(/^open /, "stat "));
      if (absent) missing.push(path);
      else problems.push(new KubectlError(`error loading config file "${path}": ${textOf(error)}`));
    }
  }
  throwAll(problems);
  if (rules.warnIfAllMissing && missing.length > 0 && found.length === 0) options.warn?.(`Config not found: ${missing.join(", ")}`);
  return merged(options.keepPaths === true ? found : found.map((config) => withAbsolutePaths(config, files)));
}

export async function loadFile(path: string, files: Files): Promise<Kubeconfig> {
  const text = new TextDecoder().decode(await files.read(path));
  // Most are plain, and the full parser takes its time to load.
  const { value } = parsePlainYaml(text) ?? (await import("../../schema/yaml.ts")).parseYaml(text);
  return kubeconfigOf(value as RawKubeconfig | null, path);
}

function kubeconfigOf(raw: RawKubeconfig | null, origin: string): Kubeconfig {
  const config = emptyKubeconfig();
  if (raw === null) return config;
  if (typeof raw !== "object" || Array.isArray(raw)) {
    throw new KubectlError(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${typeof raw} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const { kind = "Config", apiVersion = "v1" } = raw;
  if ((kind !== "Config" && kind !== "") || (apiVersion !== "v1" && apiVersion !== "")) {
    throw new KubectlError(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50"`,
    );
  }
  fill(config, raw, origin);
  return config;
}

function fill(config: Kubeconfig, raw: RawKubeconfig, origin: string): void {
  for (const { name, cluster } of raw.clusters ?? []) place(config.clusters, name, cluster ?? {}, origin);
  for (const { name, user } of raw.users ?? []) place(config.users, name, user ?? {}, origin);
  for (const { name, context } of raw.contexts ?? []) place(config.contexts, name, context ?? {}, origin);
  config.currentContext = raw["current-context"] ?? "";
  config.preferences = raw.preferences ?? {};
  config.extensions = raw.extensions ?? [];
}

interface RawKubeconfig {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly clusters?: { name: string; cluster?: KubeCluster | null }[] | null;
  readonly users?: { name: string; user?: KubeUser | null }[] | null;
  readonly contexts?: { name: string; context?: KubeContext | null }[] | null;
  readonly "current-context"?: string | null;
  readonly preferences?: Kubeconfig["preferences"] | null;
  readonly extensions?: NamedExtension[] | null;
}

function place<T>(into: Map<string, Placed<T>>, name: string, value: T, origin: string): void {
  if (!into.has(name)) into.set(name, { value, origin });
}

function merged(configs: readonly Kubeconfig[]): Kubeconfig {
  const all = emptyKubeconfig();
  for (const config of configs) {
    for (const [name, entry] of config.clusters) if (!all.clusters.has(name)) all.clusters.set(name, entry);
    for (const [name, entry] of config.users) if (!all.users.has(name)) all.users.set(name, entry);
    for (const [name, entry] of config.contexts) if (!all.contexts.has(name)) all.contexts.set(name, entry);
    if (all.currentContext === "") all.currentContext = config.currentContext;
    all.preferences = { ...config.preferences, ...all.preferences };
    all.extensions.push(...config.extensions);
  }
  return all;
}

function withAbsolutePaths(config: Kubeconfig, files: Files): Kubeconfig {
  for (const { value, origin } of config.clusters.values()) absolute(value, clusterPaths, origin, files);
  for (const { value, origin } of config.users.values()) {
    absolute(value, userPaths, origin, files);
    if (value.exec?.command?.includes("/") === true) absolute(value.exec, ["command"], origin, files);
  }
  return config;
}

function absolute<K extends string>(entry: { [P in K]?: string | undefined }, fields: readonly K[], origin: string, files: Files): void {
  const folder = folderOf(files.absolute(origin));
  for (const field of fields) {
    const path = entry[field];
    if (path !== undefined && path !== "" && !path.startsWith("/")) entry[field] = normalPath(`${folder}/${path}`);
  }
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** Without `.`, `..` and doubled slashes; of absolute paths. */
export function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
