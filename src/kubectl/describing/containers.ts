/** Containers of a pod or a template. Upstream: kubectl/pkg/describe/describe.go (describeContainers) */
import { parseQuantity, Quantity, tryParseQuantity } from "../../machinery/quantity.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type {
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  EnvFromSource,
  EnvVar,
  Probe,
  ResourceFieldSelector,
  ResourceRequirements,
  SeccompProfile,
} from "../../schema/shapes/core.v1.ts";
import type { Page } from "./page.ts";
import { boolText, byName, listText, localTime, quantityText } from "./parts.ts";

export interface ContainerList {
  readonly title: string;
  readonly containers: readonly Container[];
  readonly statuses?: readonly ContainerStatus[] | undefined;
  /** The value of a field of the pod; absent in templates. */
  readonly fieldValue?: (path: string) => string;
  /** Two spaces in templates. */
  readonly space: string;
}

export function putContainers(page: Page, { title, containers, statuses = [], fieldValue, space }: ContainerList): void {
  page.line(0, `${space}${title}:${containers.length === 0 ? " <none>" : ""}`);
  for (const container of containers) {
    const status = statuses.findLast(({ name }) => name === container.name);
    page.line(1, `${space === "" ? "" : " "}${container.name}:`);
    putBasics(page, container, status);
    putWords(page, "Command", container.command ?? []);
    putWords(page, "Args", container.args ?? []);
    if (status !== undefined) putStatus(page, status);
    putResources(page, container.resources, 2);
    putProbes(page, container);
    if ((container.envFrom ?? []).length > 0) putEnvFrom(page, container.envFrom ?? []);
    putEnv(page, container, fieldValue);
    putMounts(page, container);
  }
}

function putBasics(page: Page, { image, ports = [], securityContext }: Container, status: ContainerStatus | undefined): void {
  if (status !== undefined) page.field(2, "Container ID", status.containerID);
  page.field(2, "Image", image);
  if (status !== undefined) page.field(2, "Image ID", status.imageID);
  const plural = ports.length > 1 ? "s" : "";
  page.field(
    2,
    `Port${plural}`,
    portsText(ports, ({ containerPort }) => containerPort),
  );
  page.field(
    2,
    `Host Port${plural}`,
    portsText(ports, ({ hostPort }) => hostPort ?? 0),
  );
  putSeccomp(page, securityContext?.seccompProfile, 2, 3);
}

export function putSeccomp(page: Page, profile: SeccompProfile | undefined, level: number, innerLevel: number): void {
  if (profile === undefined) return;
  page.field(level, "SeccompProfile", profile.type);
  if (profile.type === "Localhost") page.field(innerLevel, "LocalhostProfile", profile.localhostProfile);
}

function portsText(ports: readonly ContainerPort[], number: (port: ContainerPort) => number): string {
  const text = (port: ContainerPort): string => {
    const { name = "", protocol = "" } = port;
    return `${number(port)}/${protocol}${name === "" ? "" : ` (${name})`}`;
  };
  return ports.map(text).join(", ") || "<none>";
}

function putWords(page: Page, title: string, words: readonly string[]): void {
  if (words.length === 0) return;
  page.line(2, `${title}:`);
  for (const line of words.flatMap((word) => word.split("\n"))) page.line(3, line);
}

export function putResources(page: Page, resources: ResourceRequirements | undefined, level: number): void {
  for (const [title, amounts] of [
    ["Limits", resources?.limits],
    ["Requests", resources?.requests],
  ] as const) {
    const names = Object.keys(amounts ?? {}).sort();
    if (names.length === 0) continue;
    page.line(level, `${title}:`);
    for (const name of names) page.field(level + 1, name, quantityText(amounts?.[name]));
  }
}

function putStatus(page: Page, { state, lastState, ready, restartCount }: ContainerStatus): void {
  putState(page, "State", state ?? {});
  if (lastState?.terminated !== undefined) putState(page, "Last State", lastState);
  page.field(2, "Ready", boolText(ready));
  page.field(2, "Restart Count", restartCount);
}

function putState(page: Page, title: string, { running, waiting, terminated }: ContainerState): void {
  if (running !== undefined) {
    page.field(2, title, "Running");
    page.field(3, "Started", localTime(running.startedAt));
  } else if (waiting !== undefined || terminated === undefined) {
    page.field(2, title, "Waiting");
    page.given(3, "Reason", waiting?.reason);
  } else {
    page.field(2, title, "Terminated");
    page.given(3, "Reason", terminated.reason);
    page.given(3, "Message", terminated.message);
    page.field(3, "Exit Code", terminated.exitCode);
    if ((terminated.signal ?? 0) > 0) page.field(3, "Signal", terminated.signal);
    page.field(3, "Started", localTime(terminated.startedAt));
    page.field(3, "Finished", localTime(terminated.finishedAt));
  }
}

function putProbes(page: Page, { livenessProbe, readinessProbe, startupProbe }: Container): void {
  if (livenessProbe !== undefined) page.field(2, "Liveness", probeText(livenessProbe));
  if (readinessProbe !== undefined) page.field(2, "Readiness", probeText(readinessProbe));
  if (startupProbe !== undefined) page.field(2, "Startup", probeText(startupProbe));
}

function probeText(probe: Probe): string {
  const { initialDelaySeconds = 0, timeoutSeconds = 0, periodSeconds = 0, successThreshold = 0, failureThreshold = 0 } = probe;
  const seconds = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s`;
  return `${probedText(probe)} ${seconds} #success=${successThreshold} #failure=${failureThreshold}`;
}

function probedText({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec !== undefined) return `exec ${listText(exec.command)}`;
  if (httpGet !== undefined) {
    const { scheme = "", host = "", port, path = "" } = httpGet;
    const authority = `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
    const begin = scheme === "" ? "//" : `${scheme.toLowerCase()}://`;
    return `http-get ${begin}${authority}${pathText(path)}`;
  }
  if (tcpSocket !== undefined) return `tcp-socket ${tcpSocket.host ?? ""}:${String(tcpSocket.port)}`;
  if (grpc !== undefined) return `grpc <pod>:${grpc.port} ${grpc.service ?? ""}`;
  return "unknown";
}

/** Escaped as Go's url.URL does. */
function pathText(path: string): string {
  const slashed = path === "" || path.startsWith("/") ? path : `/${path}`;
  return encodeURI(slashed).replaceAll(/[?#[\]]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function optionalText({ optional }: { readonly optional?: boolean | undefined }): string {
  return `Optional: ${optional === true}`;
}

function putEnvFrom(page: Page, sources: readonly EnvFromSource[]): void {
  page.line(2, "Environment Variables from:");
  for (const { configMapRef, secretRef, prefix = "" } of sources) {
    const ref = configMapRef ?? secretRef;
    const from = configMapRef !== undefined ? "ConfigMap" : secretRef !== undefined ? "Secret" : "";
    page.row(3, ref?.name ?? "", prefix === "" ? from : `${from} with prefix '${prefix}'`, optionalText(ref ?? {}));
  }
}

function putEnv(page: Page, container: Container, fieldValue: ContainerList["fieldValue"]): void {
  const env = container.env ?? [];
  page.line(2, env.length === 0 ? "Environment:\t<none>" : "Environment:");
  for (const one of env) putVariable(page, one, container, fieldValue);
}

function putVariable(
  page: Page,
  { name, value = "", valueFrom }: EnvVar,
  container: Container,
  fieldValue: ContainerList["fieldValue"],
): void {
  if (valueFrom === undefined) {
    value.split("\n").forEach((line, at) => page.row(3, at === 0 ? `${name}:` : "", line));
    return;
  }
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef !== undefined) {
    page.field(3, name, `${fieldValue?.(fieldRef.fieldPath) ?? ""} (${fieldRef.apiVersion ?? ""}:${fieldRef.fieldPath})`);
  } else if (resourceFieldRef !== undefined) {
    const { resource } = resourceFieldRef;
    const amount = resourceValue(resourceFieldRef, container);
    const shown = amount === "0" && (resource === "limits.cpu" || resource === "limits.memory") ? "node allocatable" : amount;
    page.field(3, name, `${shown} (${resource})`);
  } else if (secretKeyRef !== undefined) {
    const source = `<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name ?? ""}'>`;
    page.row(3, `${name}:`, source, optionalText(secretKeyRef));
  } else if (configMapKeyRef !== undefined) {
    const source = `<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name ?? ""}'>`;
    page.row(3, `${name}:`, source, optionalText(configMapKeyRef));
  }
}

/** A container's own limit or request in units of the divisor, rounded up. */
function resourceValue({ resource, divisor = "0" }: ResourceFieldSelector, { resources }: Container): string {
  const [side, ...rest] = resource.split(".");
  const name = rest.join(".");
  if (side !== "limits" && side !== "requests") return "";
  if (!["cpu", "memory", "ephemeral-storage"].includes(name) && !name.startsWith("hugepages-")) return "";
  const amount = tryParseQuantity(resources?.[side]?.[name] ?? "0") ?? Quantity.of(0);
  const unit = parseQuantity(divisor === "0" || divisor === "" ? "1" : divisor);
  return String(Math.ceil(name === "cpu" ? amount.milliValue() / unit.milliValue() : amount.value() / unit.value()));
}

function putMounts(page: Page, { volumeMounts = [], volumeDevices = [] }: Container): void {
  const none = volumeMounts.length === 0 ? "\t<none>" : "";
  page.line(2, `Mounts:${none}`);
  for (const { mountPath, name, readOnly, subPath = "" } of [...volumeMounts].sort(byName((mount) => mount.mountPath))) {
    const flags = [readOnly === true ? "ro" : "rw", ...(subPath === "" ? [] : [`path=${goQuote(subPath)}`])];
    page.line(3, `${mountPath} from ${name} (${flags.join(",")})`);
  }
  if (volumeDevices.length === 0) return;
  page.line(2, `Devices:${none}`);
  for (const { devicePath, name } of [...volumeDevices].sort(byName((device) => device.devicePath)))
    page.line(3, `${devicePath} from ${name}`);
}
