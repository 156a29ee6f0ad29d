/**
 * Which servers answer for a registry: `registries.json` in $COX_HOME, by the registry's name in images. Documented in docs/images.md. Without a word
 * about it, a registry is asked by HTTPS; one on a loopback address by HTTPS without checking, then by plain HTTP, as Docker does.
 */
import { readFileSync } from "node:fs";
import { RegistryError } from "./registryError.ts";

export interface Endpoint {
  readonly base: URL;
  readonly ca?: string | undefined;
  /** Takes any certificate. */
  readonly insecure: boolean;
  /** By whose name credentials are looked up. */
  readonly host: string;
}

interface RegistryEntry {
  readonly mirrors?: readonly string[];
  readonly plainHttp?: boolean;
  readonly insecure?: boolean;
  readonly ca?: string;
}
export interface RegistrySettings {
  readonly registries: Readonly<Record<string, RegistryEntry>>;
}

/** A missing file is no settings; a bad one throws RegistryError. */
export function readRegistrySettings(file: string): RegistrySettings {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { registries: {} };
  }
  try {
    const value = JSON.parse(text) as Partial<RegistrySettings>;
    for (const [host, entry] of Object.entries(value.registries ?? {})) checkEntry(host, entry);
    return { registries: value.registries ?? {} };
  } catch (error) {
    throw new RegistryError("refused", `${file} can't be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

const fields = ["mirrors", "plainHttp", "insecure", "ca"];

function checkEntry(host: string, entry: RegistryEntry): void {
  const unknown = Object.keys(entry).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw new Error(`"${host}" has the unknown field "${unknown}"; there are ${fields.join(", ")}`);
  for (const mirror of entry.mirrors ?? [])
    if (!/^https?:\/\//.test(mirror)) throw new Error(`the mirror "${mirror}" of "${host}" must begin with http:// or https://`);
}

/** In the order in which they are asked: mirrors, then the registry itself. */
export function endpointsOf(host: string, settings: RegistrySettings): readonly Endpoint[] {
  const mirrors = (settings.registries[host]?.mirrors ?? []).map((mirror): Endpoint => {
    const base = new URL(mirror.endsWith("/") ? mirror : `${mirror}/`);
    return { ...trust(settings.registries[base.host] ?? {}), base, host: base.host };
  });
  return [...mirrors, ...ownEndpoints(host, settings.registries[host])];
}

function ownEndpoints(host: string, entry: RegistryEntry | undefined): readonly Endpoint[] {
  const server = host === "docker.io" ? "registry-1.docker.io" : host;
  const https = { base: new URL(`https://${server}/`), host };
  const http = { base: new URL(`http://${server}/`), host, insecure: true };
  if (entry?.plainHttp === true) return [http];
  const mayBePlain = entry?.plainHttp === undefined && entry?.ca === undefined && isLoopback(host);
  if (mayBePlain) return [{ ...https, insecure: true }, http];
  return [{ ...https, ...trust(entry ?? {}) }];
}

function trust({ insecure = false, ca }: RegistryEntry): Pick<Endpoint, "insecure" | "ca"> {
  return { insecure, ca: ca === undefined ? undefined : readFileSync(ca, "utf8") };
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(host);
}
