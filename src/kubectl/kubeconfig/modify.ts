/**
 * Changing kubeconfig files: each entry in the file that it came from, new ones and the current context in the default file.
 * Upstream: client-go/tools/clientcmd/config.go (ModifyConfig), loader.go (WriteToFile)
 */
import { KubectlError } from "../errors.ts";
import { FileError, type Files } from "../host.ts";
import { yamlText } from "../printers/yaml.ts";
import type { Session } from "../session.ts";
import { filesOf, folderOf, loadFile, loadKubeconfig, type LoadingRules, normalPath } from "./load.ts";
import { clusterPaths, emptyKubeconfig, type Kubeconfig, type Placed, userPaths } from "./model.ts";
import { wireOf } from "./wire.ts";

/** As the files have it: paths are left as they are; a missing file is an empty one. */
export async function startingConfig(session: Session): Promise<Kubeconfig> {
  const rules = session.rules();
  if (rules.explicitPath !== "" && (await session.host.files.stat(rules.explicitPath)) === undefined) return emptyKubeconfig();
  return await loadKubeconfig(rules, session.host.files, { keepPaths: true });
}

/** Where new entries go. */
export async function defaultFile(rules: LoadingRules, files: Files): Promise<string> {
  if (rules.explicitPath !== "") return rules.explicitPath;
  const chain = rules.precedence.filter((path) => path !== "");
  for (const path of chain) if (chain.length > 1 && (await files.stat(path)) !== undefined) return path;
  return chain.at(-1) ?? "";
}

export interface ModifyOptions {
  /** Paths inside the file's folder are written relative to it. */
  readonly relativePaths: boolean;
}

/** Writes what `change` changes. `change` gets the merged configuration, as startingConfig gives it. */
export async function modifyKubeconfig(session: Session, change: (config: Kubeconfig) => void, options: ModifyOptions): Promise<void> {
  const { files } = session.host;
  const rules = session.rules();
  const locks = [...filesOf(rules)].filter((path) => path !== "").sort();
  const locked: string[] = [];
  try {
    for (const path of locks) {
      await files.makeFolder(folderOf(files.absolute(path)));
      await files.create(`${path}.lock`);
      locked.push(`${path}.lock`);
    }
    const before = await startingConfig(session);
    const after = await startingConfig(session);
    change(after);
    const writer = new ConfigFiles(files, await defaultFile(rules, files), options);
    await writer.setContext(before, after, rules);
    await writer.entries("clusters", before.clusters, after.clusters);
    await writer.entries("contexts", before.contexts, after.contexts);
    await writer.entries("users", before.users, after.users);
    await writer.save();
  } finally {
    for (const path of locked) await files.remove(path);
  }
}

type Section = "clusters" | "contexts" | "users";

class ConfigFiles {
  private readonly files: Files;
  private readonly fallback: string;
  private readonly options: ModifyOptions;
  private readonly opened = new Map<string, Kubeconfig>();

  constructor(files: Files, fallback: string, options: ModifyOptions) {
    this.files = files;
    this.fallback = fallback;
    this.options = options;
  }

  async setContext(before: Kubeconfig, after: Kubeconfig, rules: LoadingRules): Promise<void> {
    if (JSON.stringify(before.preferences) !== JSON.stringify(after.preferences)) {
      (await this.open(filesOf(rules)[0] ?? this.fallback)).preferences = after.preferences;
    }
    if (before.currentContext === after.currentContext) return;
    if (rules.explicitPath !== "" || after.currentContext !== "") {
      (await this.open(this.fallback)).currentContext = after.currentContext;
      return;
    }
    for (const path of filesOf(rules)) {
      if ((await this.files.stat(path)) === undefined) continue;
      const config = await this.read(path);
      if (config.currentContext === "") continue;
      (await this.open(path)).currentContext = "";
      return;
    }
    throw new KubectlError("no config found to write context");
  }

  async entries<T extends object>(section: Section, before: Map<string, Placed<T>>, after: Map<string, Placed<T>>): Promise<void> {
    for (const [name, { value, origin }] of after) {
      const known = before.get(name);
      if (known !== undefined && JSON.stringify(known.value) === JSON.stringify(value)) continue;
      const path = origin === "" ? this.fallback : origin;
      const config = await this.open(path);
      const written = this.options.relativePaths ? this.relative(section, value, path) : value;
      (config[section] as Map<string, Placed<object>>).set(name, { value: written, origin: path });
    }
    for (const [name, { origin }] of before) {
      if (!after.has(name)) (await this.open(origin === "" ? this.fallback : origin))[section].delete(name);
    }
  }

  async save(): Promise<void> {
    for (const [path, config] of this.opened) {
      await this.files.makeFolder(folderOf(this.files.absolute(path)));
      await this.files.write(path, yamlText(wireOf(config)), 0o600);
    }
  }

  private async open(path: string): Promise<Kubeconfig> {
    const known = this.opened.get(path);
    if (known !== undefined) return known;
    const config = await this.read(path);
    this.opened.set(path, config);
    return config;
  }

  private async read(path: string): Promise<Kubeconfig> {
    try {
      return await loadFile(path, this.files);
    } catch (error) {
      if (error instanceof FileError && error.code === "notFound") return emptyKubeconfig();
      throw error;
    }
  }

  private relative<T extends object>(section: Section, value: T, path: string): T {
    const fields: readonly string[] = section === "clusters" ? clusterPaths : section === "users" ? userPaths : [];
    const folder = folderOf(this.files.absolute(path));
    const result = { ...value } as Record<string, unknown>;
    for (const field of fields) {
      const found = result[field];
      if (typeof found !== "string" || found === "") continue;
      const absolute = found.startsWith("/") ? normalPath(found) : normalPath(`${folder}/${found}`);
      result[field] = absolute.startsWith(`${folder}/`) ? absolute.slice(folder.length + 1) : absolute;
    }
    return result as T;
  }
}
