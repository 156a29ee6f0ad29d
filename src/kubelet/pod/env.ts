/**
 * The environment of a container: envFrom, env with references, `$(NAME)` expansion and service links, in upstream's order of precedence.
 * Left out: fileKeyRef (alpha).
 * Upstream: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables)
 */
import type { ConfigMap, Container, EnvFromSource, EnvVar, Pod, Secret } from "../../schema/shapes/core.v1.ts";
import { base64Text } from "../objects/base64.ts";
import { expand } from "./expand.ts";
import { fieldValue, resourceValue, type PodFacts } from "./fieldRefs.ts";

/** A container's configuration can't be made as it stands; becomes CreateContainerConfigError with this message. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export interface EnvSources {
  readonly facts: PodFacts;
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  readonly serviceVariables: ReadonlyMap<string, string>;
  /** Told which keys of an envFrom source are no names of variables. */
  skipped(kind: "configMap" | "secret", name: string, keys: readonly string[]): void;
}

export function environmentOf(pod: Pod, container: Container, sources: EnvSources): { name: string; value: string }[] {
  const out = new Map<string, string>();
  for (const from of container.envFrom ?? []) addFrom(out, from, sources);
  const lookup = (name: string): string | undefined => out.get(name) ?? sources.serviceVariables.get(name);
  for (const variable of container.env ?? []) {
    const value = valueOf(pod, container, variable, sources);
    if (value !== undefined) out.set(variable.name, variable.valueFrom === undefined ? expand(value, lookup) : value);
  }
  for (const [name, value] of sources.serviceVariables) if (!out.has(name)) out.set(name, value);
  return [...out].map(([name, value]) => ({ name, value }));
}

const variableForm = /^[ -<>-~]+$/;

function addFrom(out: Map<string, string>, from: EnvFromSource, sources: EnvSources): void {
  const isSecret = from.secretRef !== undefined;
  const { name = "", optional = false } = from.secretRef ?? from.configMapRef ?? {};
  const data = isSecret ? secretTexts(sources.secret(name)) : configMapTexts(sources.configMap(name));
  if (data === undefined && optional) return;
  if (data === undefined) throw new ConfigError(`${isSecret ? "secret" : "configmap"} "${name}" not found`);
  const skipped: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const variable = `${from.prefix ?? ""}${key}`;
    if (variableForm.test(variable)) out.set(variable, value);
    else skipped.push(variable);
  }
  if (skipped.length > 0) sources.skipped(isSecret ? "secret" : "configMap", name, skipped.sort());
}

function configMapTexts(configMap: ConfigMap | undefined): Record<string, string> | undefined {
  return configMap === undefined ? undefined : (configMap.data ?? {});
}

function secretTexts(secret: Secret | undefined): Record<string, string> | undefined {
  if (secret === undefined) return undefined;
  return Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, base64Text(value)]));
}

/** Undefined: an optional reference without a target; the variable is not set at all. */
function valueOf(pod: Pod, container: Container, variable: EnvVar, sources: EnvSources): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return variable.value ?? "";
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath, sources.facts);
  if (from.resourceFieldRef !== undefined) return resourceValue(pod, from.resourceFieldRef, container, sources.facts);
  if (from.configMapKeyRef !== undefined) return configMapKey(pod, from.configMapKeyRef, sources);
  if (from.secretKeyRef !== undefined) return secretKey(pod, from.secretKeyRef, sources);
  throw new ConfigError(`environment variable ${variable.name}: this kind of reference is not supported on this node`);
}

interface KeyRef {
  readonly name?: string | undefined;
  readonly key: string;
  readonly optional?: boolean | undefined;
}

function configMapKey(pod: Pod, ref: KeyRef, sources: EnvSources): string | undefined {
  const name = ref.name ?? "";
  const object = sources.configMap(name);
  const value = object?.data?.[ref.key];
  if (value !== undefined || ref.optional === true) return value;
  if (object === undefined) throw new ConfigError(`configmap "${name}" not found`);
  throw new ConfigError(`couldn't find key ${ref.key} in ConfigMap ${pod.metadata.namespace ?? ""}/${name}`);
}

function secretKey(pod: Pod, ref: KeyRef, sources: EnvSources): string | undefined {
  const name = ref.name ?? "";
  const object = sources.secret(name);
  const value = object?.data?.[ref.key];
  if (value !== undefined) return base64Text(value);
  if (ref.optional === true) return undefined;
  if (object === undefined) throw new ConfigError(`secret "${name}" not found`);
  throw new ConfigError(`couldn't find key ${ref.key} in Secret ${pod.metadata.namespace ?? ""}/${name}`);
}
