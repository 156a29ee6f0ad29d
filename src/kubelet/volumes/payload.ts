/**
 * The files of configMap, secret, downwardAPI and projected volumes, computed from the objects that they show.
 * Upstream: pkg/volume/configmap/configmap.go, secret/secret.go, downwardapi/downwardapi.go, projected/projected.go
 */
import type {
  ConfigMap,
  ConfigMapProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  SecretProjection,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from "../../schema/shapes/core.v1.ts";
import { base64Bytes } from "../objects/base64.ts";
import { fieldValue, resourceValue, type PodFacts } from "../pod/fieldRefs.ts";
import type { VolumeFile } from "../ports/volumes.ts";

/** A volume can't be set up as things stand; its message is what the FailedMount event shows. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}

export interface PayloadSources {
  readonly facts: PodFacts;
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** A token of the pod's ServiceAccount; empty where nothing will read it. */
  token(projection: ServiceAccountTokenProjection): Promise<string>;
}

const defaultFileMode: number = 0o644;
const encoder = new TextEncoder();

type Data = ReadonlyMap<string, Uint8Array>;

function configMapData(object: ConfigMap): Data {
  const texts = Object.entries(object.data ?? {}).map(([key, text]) => [key, encoder.encode(text)] as const);
  const binaries = Object.entries(object.binaryData ?? {}).map(([key, text]) => [key, base64Bytes(text)] as const);
  return new Map([...texts, ...binaries]);
}

function secretData(object: Secret): Data {
  return new Map(Object.entries(object.data ?? {}).map(([key, text]) => [key, base64Bytes(text)]));
}

interface Selection {
  readonly kind: "config" | "secret";
  readonly items: readonly KeyToPath[];
  readonly optional: boolean;
  readonly mode: number;
}

function selectFiles(data: Data, selection: Selection): VolumeFile[] {
  const { items, mode } = selection;
  if (items.length === 0) return [...data].map(([path, bytes]) => ({ path, mode, data: bytes }));
  const files: VolumeFile[] = [];
  for (const item of items) {
    const bytes = data.get(item.key);
    if (bytes !== undefined) files.push({ path: insidePath(item.path), mode: item.mode ?? mode, data: bytes });
    else if (!selection.optional) throw new VolumeError(`references non-existent ${selection.kind} key: ${item.key}`);
  }
  return files;
}

function insidePath(path: string): string {
  const parts = path.split("/");
  if (path === "" || path.startsWith("/") || parts.includes("..")) throw new VolumeError(`invalid path: must be relative path: ${path}`);
  return parts.filter((part) => part !== "" && part !== ".").join("/");
}

function configMapFiles(source: ConfigMapProjection, mode: number, sources: PayloadSources): VolumeFile[] {
  const name = source.name ?? "";
  const object = sources.configMap(name);
  const optional = source.optional === true;
  if (object === undefined) {
    if (optional) return [];
    throw new VolumeError(`configmap "${name}" not found`);
  }
  return selectFiles(configMapData(object), { kind: "config", items: source.items ?? [], optional, mode });
}

function secretFiles(source: SecretProjection, mode: number, sources: PayloadSources): VolumeFile[] {
  const name = source.name ?? "";
  const object = sources.secret(name);
  const optional = source.optional === true;
  if (object === undefined) {
    if (optional) return [];
    throw new VolumeError(`secret "${name}" not found`);
  }
  return selectFiles(secretData(object), { kind: "secret", items: source.items ?? [], optional, mode });
}

function downwardFiles(pod: Pod, items: readonly DownwardAPIVolumeFile[], mode: number, facts: PodFacts): VolumeFile[] {
  return items.map((item) => {
    const fromResource = item.resourceFieldRef;
    const text =
      fromResource === undefined
        ? fieldValue(pod, item.fieldRef?.fieldPath ?? "", facts)
        : resourceValue(pod, fromResource, undefined, facts);
    return { path: insidePath(item.path), mode: item.mode ?? mode, data: encoder.encode(text) };
  });
}

async function projectedFiles(pod: Pod, source: VolumeProjection, mode: number, sources: PayloadSources): Promise<VolumeFile[]> {
  if (source.configMap !== undefined) return configMapFiles(source.configMap, mode, sources);
  if (source.secret !== undefined) return secretFiles(source.secret, mode, sources);
  if (source.downwardAPI !== undefined) return downwardFiles(pod, source.downwardAPI.items ?? [], mode, sources.facts);
  if (source.serviceAccountToken !== undefined) {
    const token = await sources.token(source.serviceAccountToken);
    return [{ path: insidePath(source.serviceAccountToken.path), mode, data: encoder.encode(token) }];
  }
  throw new VolumeError("this kind of projected volume source is not supported on this node");
}

/** Undefined: the volume is not made of files that the kubelet computes. */
export async function payloadOf(pod: Pod, volume: Volume, sources: PayloadSources): Promise<VolumeFile[] | undefined> {
  if (volume.configMap !== undefined) return configMapFiles(volume.configMap, volume.configMap.defaultMode ?? defaultFileMode, sources);
  if (volume.secret !== undefined) {
    const { secretName, items, optional, defaultMode = defaultFileMode } = volume.secret;
    return secretFiles({ name: secretName, items, optional }, defaultMode, sources);
  }
  if (volume.downwardAPI !== undefined) {
    return downwardFiles(pod, volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode ?? defaultFileMode, sources.facts);
  }
  if (volume.projected === undefined) return undefined;
  const mode = volume.projected.defaultMode ?? defaultFileMode;
  const parts = await Promise.all((volume.projected.sources ?? []).map((source) => projectedFiles(pod, source, mode, sources)));
  return [...new Map(parts.flat().map((file) => [file.path, file])).values()];
}
