/**
 * A pod template as `rollout history --revision` shows it. Left out: probes, lifecycle and volumes' sources beyond the usual.
 * Upstream: kubectl/pkg/describe/describe.go (DescribePodTemplate)
 */
import type { Container, ContainerPort, EnvVar, PodSpec, PodTemplateSpec, Volume, VolumeMount } from "../../schema/shapes/core.v1.ts";
import { changeCauseAnnotation } from "./recorder.ts";

/** `cause`: the change's, which is shown among the annotations. Tabs stay tabs, as upstream prints it here. */
export function podTemplateText(value: unknown, cause: string): string {
  const template = value as PodTemplateSpec;
  const { serviceAccountName = "", initContainers = [], containers, volumes = [], nodeSelector } = template.spec ?? noSpec;
  const annotations = { ...template.metadata?.annotations, ...(cause === "" ? {} : { [changeCauseAnnotation]: cause }) };
  const lines = ["Pod Template:", ...pairs("  Labels", template.metadata?.labels, "=")];
  if (Object.keys(annotations).length > 0) lines.push(...pairs("  Annotations", annotations, ": "));
  if (serviceAccountName !== "") lines.push(`  Service Account:\t${serviceAccountName}`);
  if (initContainers.length > 0) lines.push("  Init Containers:", ...initContainers.flatMap(containerLines));
  lines.push("  Containers:", ...containers.flatMap(containerLines), ...volumeLines(volumes));
  lines.push(...pairs("  Node-Selectors", nodeSelector, "="), "  Tolerations:\t<none>");
  return `${lines.join("\n")}\n`;
}

const noSpec = { containers: [] } as PodSpec;

function pairs(title: string, values: Readonly<Record<string, string>> | undefined, between: string): string[] {
  const keys = Object.keys(values ?? {}).sort();
  if (keys.length === 0) return [`${title}:\t<none>`];
  return keys.map((key, at) => `${at === 0 ? `${title}:` : ""}\t${key}${between}${values?.[key]}`);
}

function containerLines(container: Container): string[] {
  const env = container.env ?? [];
  return [
    `   ${container.name}:`,
    `    Image:\t${container.image}`,
    ...portLines(container.ports ?? []),
    ...wordLines("Command", container.command ?? []),
    ...wordLines("Args", container.args ?? []),
    ...amountLines("Limits", container.resources?.limits ?? {}),
    ...amountLines("Requests", container.resources?.requests ?? {}),
    env.length === 0 ? "    Environment:\t<none>" : "    Environment:",
    ...env.map(envLine),
    ...mountLines(container.volumeMounts ?? []),
  ];
}

function portLines(ports: readonly ContainerPort[]): string[] {
  const plural = ports.length > 1 ? "Ports" : "Port";
  const told = (number: (port: ContainerPort) => number): string =>
    ports.map((port) => `${number(port)}/${port.protocol ?? "TCP"}${(port.name ?? "") === "" ? "" : ` (${port.name})`}`).join(", ") ||
    "<none>";
  return [`    ${plural}:\t${told(({ containerPort }) => containerPort)}`, `    Host ${plural}:\t${told(({ hostPort }) => hostPort ?? 0)}`];
}

function wordLines(title: string, words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`    ${title}:`, ...words.flatMap((word) => word.split("\n").map((line) => `      ${line}`))];
}

function amountLines(title: string, amounts: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(amounts).sort();
  return names.length === 0 ? [] : [`    ${title}:`, ...names.map((name) => `      ${name}:\t${String(amounts[name])}`)];
}

function mountLines(mounts: readonly VolumeMount[]): string[] {
  const ordered = [...mounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  const lines = ordered.map(({ mountPath, name, readOnly, subPath = "" }) => {
    const flags = [readOnly === true ? "ro" : "rw", ...(subPath === "" ? [] : [`path="${subPath}"`])];
    return `      ${mountPath} from ${name} (${flags.join(",")})`;
  });
  return [lines.length === 0 ? "    Mounts:\t<none>" : "    Mounts:", ...lines];
}

const optional = (one: { optional?: boolean | undefined }): string => `\tOptional: ${one.optional === true}`;

function envLine({ name, value = "", valueFrom }: EnvVar): string {
  if (valueFrom === undefined || valueFrom === null) return `      ${name}:\t${value}`;
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom;
  if (secretKeyRef)
    return `      ${name}:\t<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>${optional(secretKeyRef)}`;
  if (configMapKeyRef)
    return `      ${name}:\t<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>${optional(configMapKeyRef)}`;
  return `      ${name}:\t (${fieldRef?.apiVersion ?? "v1"}:${fieldRef?.fieldPath ?? ""})`;
}

function volumeLines(volumes: readonly Volume[]): string[] {
  if (volumes.length === 0) return ["  Volumes:\t<none>"];
  const lines = ["  Volumes:"];
  for (const volume of volumes) {
    lines.push(`   ${volume.name}:`);
    const { configMap, secret, emptyDir } = volume;
    if (configMap)
      lines.push(
        "    Type:\tConfigMap (a volume populated by a ConfigMap)",
        `    Name:\t${configMap.name ?? ""}`,
        `    Optional:\t${configMap.optional === true}`,
      );
    else if (secret)
      lines.push(
        "    Type:\tSecret (a volume populated by a Secret)",
        `    SecretName:\t${secret.secretName ?? ""}`,
        `    Optional:\t${secret.optional === true}`,
      );
    else if (emptyDir) {
      lines.push(
        "    Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
        `    Medium:\t${emptyDir.medium ?? ""}`,
        "    SizeLimit:\t<unset>",
      );
    }
  }
  return lines;
}
