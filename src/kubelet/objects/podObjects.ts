/** The ConfigMaps and Secrets that one pod refers to, by env, envFrom or volume. Upstream: pkg/api/v1/pod/util.go (VisitPodSecretNames) */
import { configMap } from "../../api/core/v1/configMap.ts";
import { secret } from "../../api/core/v1/secret.ts";
import type { ConfigMap, Container, Pod, Secret, Volume } from "../../schema/shapes/core.v1.ts";
import type { Reference, ReferencedObjects } from "./referenced.ts";

interface Names {
  readonly configMaps: Set<string>;
  readonly secrets: Set<string>;
}

function add(set: Set<string>, name: string | undefined): void {
  if (name !== undefined && name !== "") set.add(name);
}

function addContainer(names: Names, container: Container): void {
  for (const from of container.envFrom ?? []) {
    add(names.configMaps, from.configMapRef?.name);
    add(names.secrets, from.secretRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    add(names.configMaps, valueFrom?.configMapKeyRef?.name);
    add(names.secrets, valueFrom?.secretKeyRef?.name);
  }
}

function addVolume(names: Names, volume: Volume): void {
  add(names.configMaps, volume.configMap?.name);
  add(names.secrets, volume.secret?.secretName);
  for (const source of volume.projected?.sources ?? []) {
    add(names.configMaps, source.configMap?.name);
    add(names.secrets, source.secret?.name);
  }
}

function namesIn(pod: Pod): Names {
  const names: Names = { configMaps: new Set(), secrets: new Set() };
  for (const volume of pod.spec.volumes ?? []) addVolume(names, volume);
  for (const { name } of pod.spec.imagePullSecrets ?? []) add(names.secrets, name);
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  for (const container of [...initContainers, ...containers, ...ephemeralContainers]) addContainer(names, container);
  return names;
}

export class PodObjects implements Disposable {
  private readonly configMaps = new Map<string, Reference<ConfigMap>>();
  private readonly secrets = new Map<string, Reference<Secret>>();

  constructor(store: ReferencedObjects, pod: Pod, onChange: () => void) {
    const namespace = pod.metadata.namespace ?? "";
    const names = namesIn(pod);
    for (const name of names.configMaps) this.configMaps.set(name, store.refer(configMap, { namespace, name }, onChange));
    for (const name of names.secrets) this.secrets.set(name, store.refer(secret, { namespace, name }, onChange));
  }

  configMap(name: string): ConfigMap | undefined {
    return this.configMaps.get(name)?.object;
  }

  secret(name: string): Secret | undefined {
    return this.secrets.get(name)?.object;
  }

  /** Resolves when it is known of each whether it exists. */
  async ready(): Promise<void> {
    const waiting = [...this.configMaps.values(), ...this.secrets.values()].filter((reference) => !reference.known);
    if (waiting.length > 0) await Promise.all(waiting.map((reference) => reference.ready));
  }

  [Symbol.dispose](): void {
    for (const reference of [...this.configMaps.values(), ...this.secrets.values()]) reference[Symbol.dispose]();
  }
}
