/**
 * The downward API: fields and resources of a pod as text.
 * Upstream: pkg/fieldpath/fieldpath.go, pkg/api/v1/resource/helpers.go, pkg/kubelet/kubelet_pods.go (podFieldSelectorRuntimeValue)
 */
import { goQuote } from "../../machinery/goText.ts";
import { parseQuantity } from "../../machinery/quantity.ts";
import type { Container, Pod, ResourceFieldSelector } from "../../schema/shapes/core.v1.ts";

/** What a pod's fields are read from besides its object: known to the kubelet before the API has it. */
export interface PodFacts {
  readonly podIp: string;
  readonly hostIp: string;
  /** The node's allocatable amounts: the limit of a container that sets none. */
  readonly allocatable: Readonly<Record<string, string>>;
}

class FieldRefError extends Error {
  override readonly name = "FieldRefError";
}

/** Sorted `key="value"` lines. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.map((key) => `${key}=${goQuote(map?.[key] ?? "")}`).join("\n");
}

const plainFields: Readonly<Record<string, (pod: Pod, facts: PodFacts) => string>> = {
  "metadata.name": (pod) => pod.metadata.name,
  "metadata.namespace": (pod) => pod.metadata.namespace ?? "",
  "metadata.uid": (pod) => pod.metadata.uid ?? "",
  "metadata.labels": (pod) => mapText(pod.metadata.labels),
  "metadata.annotations": (pod) => mapText(pod.metadata.annotations),
  "spec.nodeName": (pod) => pod.spec.nodeName ?? "",
  "spec.serviceAccountName": (pod) => pod.spec.serviceAccountName ?? "",
  "status.hostIP": (_pod, facts) => facts.hostIp,
  "status.hostIPs": (_pod, facts) => facts.hostIp,
  "status.podIP": (_pod, facts) => facts.podIp,
  "status.podIPs": (_pod, facts) => facts.podIp,
};

export function fieldValue(pod: Pod, fieldPath: string, facts: PodFacts): string {
  const plain = plainFields[fieldPath];
  if (plain !== undefined) return plain(pod, facts);
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript === null) throw new FieldRefError(`unsupported fieldPath: ${fieldPath}`);
  const map = subscript[1] === "labels" ? pod.metadata.labels : pod.metadata.annotations;
  return map?.[subscript[2] ?? ""] ?? "";
}

const nanosPerUnit = 1_000_000_000n;

/** A request or limit in units of the divisor, rounded up. `own` is used where the selector names no container. */
export function resourceValue(pod: Pod, selector: ResourceFieldSelector, own: Container | undefined, facts: PodFacts): string {
  const { limits = {}, requests = {} } = meantContainer(pod, selector.containerName ?? "", own).resources ?? {};
  const [side, resource] = split(selector.resource);
  const amount = side === "limits" ? (limits[resource] ?? facts.allocatable[resource]) : (requests[resource] ?? limits[resource]);
  const divisor = parseQuantity(selector.divisor ?? "1").nanos;
  const unit = divisor > 0n ? divisor : nanosPerUnit;
  return String((parseQuantity(amount ?? "0").nanos + unit - 1n) / unit);
}

function meantContainer(pod: Pod, name: string, own: Container | undefined): Container {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const container = name === "" ? own : all.find((candidate) => candidate.name === name);
  if (container === undefined) throw new FieldRefError(`container ${name} not found`);
  return container;
}

function split(resource: string): readonly ["limits" | "requests", string] {
  const match = /^(limits|requests)\.(.+)$/.exec(resource);
  if (match === null) throw new FieldRefError(`unsupported container resource : ${resource}`);
  return [match[1] === "limits" ? "limits" : "requests", match[2] ?? ""];
}
