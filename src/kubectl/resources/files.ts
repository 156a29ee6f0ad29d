/** -f, -R and -k: which files, folders, URLs and streams are read. Left out: kustomize itself. Upstream: cli-runtime/pkg/resource/builder.go, visitor.go */
import { KubectlError, textOf } from "../errors.ts";
import { bool, type Flag, list, text } from "../flags.ts";
import type { FileFacts, KubectlHost } from "../host.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

export interface FilenameOptions {
  readonly filenames: readonly string[];
  readonly kustomize: string;
  readonly recursive: boolean;
}

/** The flags of verbs that read files. */
export const filenameFlags: {
  readonly filename: Flag<readonly string[]>;
  readonly kustomize: Flag<string>;
  readonly recursive: Flag<boolean>;
} = {
  filename: list({ short: "f" }),
  kustomize: text({ short: "k" }),
  recursive: bool({ short: "R" }),
};

export interface FilenameValues {
  readonly filename: readonly string[];
  readonly kustomize: string;
  readonly recursive: boolean;
}

export function filenamesOf(flags: FilenameValues): FilenameOptions {
  return { filenames: flags.filename, kustomize: flags.kustomize, recursive: flags.recursive };
}

/** Refuses what doesn't fit together. */
export function checkFilenames({ filenames, kustomize, recursive }: FilenameOptions): string[] {
  const problems: string[] = [];
  if (filenames.length > 0 && kustomize !== "") problems.push("only one of -f or -k can be specified");
  if (kustomize !== "" && recursive) problems.push("the -k flag can't be used with -f or -R");
  return problems;
}

export interface InputFile {
  /** For messages: a path, a URL, `STDIN`. */
  readonly source: string;
  read(): Promise<Uint8Array>;
}

export interface FoundFiles {
  readonly files: readonly InputFile[];
  readonly problems: readonly unknown[];
  /** One plain file or object was meant. */
  readonly single: boolean;
}

const extensions = [".json", ".yaml", ".yml"];

const stdinSource = "STDIN";

export async function findFiles({ filenames, recursive }: FilenameOptions, host: KubectlHost): Promise<FoundFiles> {
  const files: InputFile[] = [];
  const problems: unknown[] = [];
  let several = false;
  let singlePath = false;
  for (const name of filenames) {
    if (name === "-") {
      if (several) problems.push(new KubectlError("standard input cannot be used for multiple arguments"));
      several = true;
      files.push({ source: stdinSource, read: () => host.input.readAll() });
      continue;
    }
    if (/^https?:\/\//.test(name)) {
      files.push({ source: name, read: () => download(name, host) });
      continue;
    }
    const found = await filesOfPattern(name, recursive, host, problems);
    files.push(...found.files);
    if (!recursive && found.paths.length === 1) singlePath = true;
    if (found.folder) several = true;
    if (files.length === 0 && problems.length === 0) {
      const text = `error reading [${found.paths.join(" ")}]: recognized file extensions are [${extensions.join(" ")}]`;
      problems.push(new KubectlError(text));
    }
  }
  return { files, problems, single: singlePath || (!several && files.length === 1) };
}

interface PatternFiles {
  readonly paths: readonly string[];
  readonly files: readonly InputFile[];
  readonly folder: boolean;
}

async function filesOfPattern(pattern: string, recursive: boolean, host: KubectlHost, problems: unknown[]): Promise<PatternFiles> {
  const paths = await expandPattern(pattern, host, problems);
  const files: InputFile[] = [];
  let folder = false;
  for (const path of paths) {
    const found = await filesUnder(path, recursive, host, problems);
    if (found.length > 1) folder = true;
    files.push(...found);
  }
  return { paths, files, folder };
}

async function download(url: string, host: KubectlHost): Promise<Uint8Array> {
  const attempts = 3;
  for (let attempt = 1; ; attempt += 1) {
    const { status, statusText, body } = await host.fetchUrl(url);
    if (status === 200) return body;
    if (status < 500 || attempt === attempts) {
      throw new KubectlError(`unable to read URL ${goQuote(url)}, server reported ${status} ${statusText}, status code=${status}`);
    }
    await new Promise<void>((resolve) => host.clock.after(1000, resolve));
  }
}

const noSuchPath = (path: string): KubectlError => new KubectlError(`the path ${goQuote(path)} does not exist`);

async function expandPattern(pattern: string, host: KubectlHost, problems: unknown[]): Promise<readonly string[]> {
  if ((await host.files.stat(pattern)) !== undefined) return [pattern];
  const matches = /[*?[\\]/.test(pattern) ? await glob(pattern, host) : [];
  if (matches.length === 0) problems.push(noSuchPath(pattern));
  return matches;
}

/** The pattern's matches, part by part, as Go's filepath.Glob. */
async function glob(pattern: string, host: KubectlHost): Promise<string[]> {
  let found = [pattern.startsWith("/") ? "/" : ""];
  for (const part of pattern.split("/").filter((one) => one !== "")) {
    const next: string[] = [];
    for (const base of found) next.push(...(await matchesIn(base, part, host)));
    found = next;
  }
  return found;
}

async function matchesIn(base: string, part: string, host: KubectlHost): Promise<string[]> {
  const join = (name: string): string => (base === "" || base.endsWith("/") ? `${base}${name}` : `${base}/${name}`);
  if (!/[*?[\\]/.test(part)) return (await host.files.stat(join(part))) === undefined ? [] : [join(part)];
  const folder = base === "" ? "." : base;
  if ((await host.files.stat(folder))?.kind !== "folder") return [];
  const form = patternForm(part);
  return (await host.files.list(folder)).filter((name) => form.test(name)).map(join);
}

function patternForm(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\(.)|[.+^${}()|]|\*|\?|\[\^?/g, (token, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return token.startsWith("[") ? token : `\\${token}`;
  });
  try {
    return new RegExp(`^${source}$`, "u");
  } catch {
    throw new KubectlError(`pattern ${goQuote(pattern)} is not valid: syntax error in pattern`);
  }
}

async function filesUnder(path: string, recursive: boolean, host: KubectlHost, problems: unknown[]): Promise<InputFile[]> {
  let facts: FileFacts | undefined;
  try {
    facts = await host.files.stat(path);
  } catch (error) {
    problems.push(new KubectlError(`the path ${goQuote(path)} cannot be accessed: ${textOf(error)}`));
    return [];
  }
  if (facts === undefined) {
    problems.push(noSuchPath(path));
    return [];
  }
  const file = (source: string): InputFile => ({ source, read: () => host.files.read(source) });
  if (facts.kind !== "folder") return [file(path)];
  const found: InputFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const name of await host.files.list(folder)) {
      const inside = folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
      const isFolder = (await host.files.stat(inside, { link: true }))?.kind === "folder";
      if (isFolder && recursive) await walk(inside);
      if (!isFolder && extensions.some((extension) => name.endsWith(extension))) found.push(file(inside));
    }
  };
  await walk(path.length > 1 ? path.replace(/\/+$/, "") : path);
  return found;
}
