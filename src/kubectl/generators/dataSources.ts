/**
 * Where the entries of ConfigMaps and Secrets come from: literals, files, folders, env files.
 * Upstream: kubectl/pkg/util/util.go, kubectl/pkg/cmd/util/env_file.go, kubectl/pkg/cmd/create/create_{configmap,secret}.go
 */
import { envNameProblems } from "../../machinery/names.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";
import type { KubectlHost } from "../host.ts";

/** Takes an entry; throws where the key can't be used. */
export type AddEntry = (key: string, value: Uint8Array) => void;

/** `noun`: `config` or `secret`, for a message. The order of the sources is the callers': their errors come in it. */
export async function addFromFiles(sources: readonly string[], host: KubectlHost, add: AddEntry): Promise<void> {
  for (const source of sources) {
    const { key, path } = parseFileSource(source);
    const facts = await host.files.stat(path);
    if (facts === undefined) throw new KubectlError(`error reading ${path}: no such file or directory`);
    if (facts.kind !== "folder") {
      add(key, await host.files.read(path));
      continue;
    }
    if (source.includes("=")) throw new KubectlError("cannot give a key name for a directory path");
    for (const name of await host.files.list(path)) {
      const inside = `${path.replace(/\/+$/, "")}/${name}`;
      const found = await host.files.stat(inside, { link: true });
      if (found?.kind === "file") add(name, await host.files.read(inside));
    }
  }
}

export function addFromLiterals(sources: readonly string[], add: AddEntry): void {
  for (const source of sources) {
    const equals = source.indexOf("=");
    if (equals <= 0) throw new KubectlError(`invalid literal source ${source}, expected key=value`);
    add(source.slice(0, equals), new TextEncoder().encode(source.slice(equals + 1)));
  }
}

export async function addFromEnvFiles(
  sources: readonly string[],
  noun: "config" | "secret",
  host: KubectlHost,
  add: AddEntry,
): Promise<void> {
  for (const path of sources) {
    const facts = await host.files.stat(path);
    if (facts === undefined) throw new KubectlError(`error reading ${path}: no such file or directory`);
    if (facts.kind === "folder") throw new KubectlError(`env ${noun} file cannot be a directory`);
    const text = new TextDecoder().decode(await host.files.read(path));
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    for (const line of lines) {
      const entry = envLine(line.replace(/\r$/, ""), host.env);
      if (entry !== undefined) add(entry.key, new TextEncoder().encode(entry.value));
    }
  }
}

/** One line of an env file; undefined for blank lines and comments. A key alone takes its value from the environment. */
export function envLine(line: string, env: KubectlHost["env"]): { readonly key: string; readonly value: string } | undefined {
  const trimmed = line.trimStart();
  if (trimmed === "" || trimmed.startsWith("#")) return undefined;
  const equals = trimmed.indexOf("=");
  const key = equals < 0 ? trimmed : trimmed.slice(0, equals);
  const problems = envNameProblems(key);
  if (problems.length > 0) throw new KubectlError(`${goQuote(key)} is not a valid key name: ${problems.join(";")}`);
  return { key, value: equals < 0 ? (env[key] ?? "") : trimmed.slice(equals + 1) };
}

export function parseFileSource(source: string): { readonly key: string; readonly path: string } {
  const parts = source.split("=");
  if (parts.length > 2) throw new KubectlError("key names or file paths cannot contain '='");
  const [first = "", second] = parts;
  if (second === undefined) return { key: first.replace(/\/+$/, "").split("/").at(-1) ?? "", path: first };
  if (first === "") throw new KubectlError(`key name for file path ${second} missing`);
  if (second === "") throw new KubectlError(`file path for key name ${first} missing`);
  return { key: first, path: second };
}
