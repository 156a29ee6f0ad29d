/**
 * A pod template as `rollout history --revision` shows it. Left out: probes, lifecycle and volumes' sources beyond the usual.
 * Upstream: kubectl/pkg/describe/describe.go (DescribePodTemplate)
 */
import type { Container, EnvVar, PodTemplateSpec, Volume } from "../../schema/shapes/core.v1.ts";
import { changeCauseAnnotation } from "./recorder.ts";

/** `cause`: the change's, which is shown among the annotations. Tabs stay tabs, as upstream prints it here. */
export function podTemplateText(value: unknown, cause: string): string {
  const template = value as PodTemplateSpec;
  const { spec, metadata } = template;
  const annotations = { ...metadata?.annotations, ...(cause === "" ? {} : { [changeCauseAnnotation]: cause }) };
  const lines = ["Pod Template:", ...pairs("  Labels", metadata?.labels, "=")];
  if (Object.keys(annotations).length > 0) lines.push(...pairs("  Annotations", annotations, ": "));
  if ((spec?.serviceAccountName ?? "") !== "") lines.push(`  Service Account:\t${spec?.serviceAccountName}`);
  if ((spec?.initContainers ?? []).length > 0) lines.push("  Init Containers:", ...(spec?.initContainers ?? []).flatMap(containerLines));
  lines.push("  Containers:", ...(spec?.containers ?? []).flatMap(containerLines), ...volumeLines(spec?.volumes ?? []));
  lines.push(...pairs("  Node-Selectors", spec?.nodeSelector ?? {}, "="), "  Tolerations:\t<none>");
  return `${lines.join("\n")}\n`;
}

function pairs(title: string, values: Readonly<Record<string, string>> | undefined, between: string): string[] {
  const keys = Object.keys(values ?? {}).sort();
  if (keys.length === 0) return [`${title}:\t<none>`];
  return keys.map((key, at) => `${at === 0 ? `${title}:` : ""}\t${key}${between}${values?.[key]}`);
}

function containerLines(container: Container): string[] {
  const lines = [`   ${container.name}:`, `    Image:\t${container.image}`];
  const ports = container.ports ?? [];
  const shown = ports.map(
    ({ containerPort, protocol, name }) => `${containerPort}/${protocol ?? "TCP"}${name === undefined || name === "" ? "" : ` (${name})`}`,
  );
  const hostPorts = ports.map(
    ({ hostPort = 0, protocol, name }) => `${hostPort}/${protocol ?? "TCP"}${name === undefined || name === "" ? "" : ` (${name})`}`,
  );
  const plural = ports.length > 1 ? "Ports" : "Port";
  lines.push(`    ${plural}:\t${shown.join(", ") || "<none>"}`, `    Host ${plural}:\t${hostPorts.join(", ") || "<none>"}`);
  for (const [title, words] of [
    ["Command", container.command],
    ["Args", container.args],
  ] as const) {
    if (words !== undefined && words.length > 0)
      lines.push(`    ${title}:`, ...words.flatMap((word) => word.split("\n").map((line) => `      ${line}`)));
  }
  for (const [title, amounts] of [
    ["Limits", container.resources?.limits],
    ["Requests", container.resources?.requests],
  ] as const) {
    const names = Object.keys(amounts ?? {}).sort();
    if (names.length > 0) lines.push(`    ${title}:`, ...names.map((name) => `      ${name}:\t${amounts?.[name]}`));
  }
  const env = container.env ?? [];
  lines.push(env.length === 0 ? "    Environment:\t<none>" : "    Environment:", ...env.map(envLine));
  const mounts = [...(container.volumeMounts ?? [])].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  lines.push(mounts.length === 0 ? "    Mounts:\t<none>" : "    Mounts:");
  for (const { mountPath, name, readOnly, subPath } of mounts) {
    const flags = [readOnly === true ? "ro" : "rw", ...(subPath === undefined || subPath === "" ? [] : [`path="${subPath}"`])];
    lines.push(`      ${mountPath} from ${name} (${flags.join(",")})`);
  }
  return lines;
}

function envLine({ name, value = "", valueFrom }: EnvVar): string {
  if (valueFrom === undefined || valueFrom === null) return `      ${name}:\t${value}`;
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom;
  const optional = (one: { optional?: boolean | undefined }): string => `\tOptional: ${one.optional === true}`;
  if (secretKeyRef)
    return `      ${name}:\t<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>${optional(secretKeyRef as { optional?: boolean })}`;
  if (configMapKeyRef)
    return `      ${name}:\t<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>${optional(configMapKeyRef as { optional?: boolean })}`;
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
