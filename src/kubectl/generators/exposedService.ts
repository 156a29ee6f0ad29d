/** The Service that exposes an object. Upstream: kubectl/pkg/cmd/expose/expose.go, polymorphichelpers */
import type { ContainerPort, PodSpec, ServicePort, ServiceSpec } from "../../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError, textOf } from "../errors.ts";
import { fieldAt, type Unstructured } from "../resources/unstructured.ts";

const exposable = ["ReplicationController", "Service", "Pod", "Deployment.apps", "ReplicaSet.apps"];

export interface ExposeWish {
  readonly name: string;
  readonly port: string;
  readonly protocol: string;
  readonly targetPort: string;
  readonly type: string;
  readonly selector: string;
  readonly labels: string;
  readonly externalIp: string;
  readonly loadBalancerIp: string;
  readonly sessionAffinity: string;
  readonly clusterIp: string;
}

export function refuseUnexposable(groupKind: string): void {
  if (!exposable.includes(groupKind)) throw new KubectlError(`cannot expose a ${groupKind}`);
}

/** `a=b,c=d` */
export function labelsOfText(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const [key = "", value, ...more] = pair.split("=");
    if (value === undefined || more.length > 0) throw new KubectlError(`unexpected label spec: ${pair}`);
    if (key === "") throw new KubectlError("unexpected empty label key");
    labels[key] = value;
  }
  return labels;
}

function selectorOfObject(object: Unstructured): Record<string, string> {
  const kind = object.kind ?? "";
  if (kind === "Pod") return nonEmpty(object.metadata?.labels, "the pod has no labels and cannot be exposed");
  const selector = fieldAt(object, "spec", "selector") as Record<string, string> | undefined;
  if (kind === "Service") return nonEmpty(selector, "the service has no pod selector set");
  if (kind === "ReplicationController") return { ...selector };
  const { matchLabels, matchExpressions = [] } = (selector ?? {}) as LabelSelector;
  const labels = nonEmpty(matchLabels, `invalid ${kind.toLowerCase()}: no selectors, therefore cannot be exposed`);
  if (matchExpressions.length === 0) return labels;
  const told = matchExpressions.map(
    ({ key, operator, values }) => `{Key:${key} Operator:${operator} Values:[${(values ?? []).join(" ")}]}`,
  );
  throw new KubectlError(`couldn't convert expressions - "[${told.join(" ")}]" to map-based selector format`);
}

function nonEmpty(labels: Readonly<Record<string, string>> | undefined, otherwise: string): Record<string, string> {
  if (labels === undefined || Object.keys(labels).length === 0) throw new KubectlError(otherwise);
  return { ...labels };
}

/** Ports as texts, with the protocols of each. */
function portsOfObject(object: Unstructured): Map<string, string[]> {
  const ports = new Map<string, string[]>();
  const add = (port: number, protocol: string | undefined): void =>
    void ports.set(String(port), [...(ports.get(String(port)) ?? []), protocol || "TCP"]);
  if (object.kind === "Service") for (const { port, protocol } of (object["spec"] as ServiceSpec).ports ?? []) add(port, protocol);
  else {
    const spec = (object.kind === "Pod" ? object["spec"] : fieldAt(object, "spec", "template", "spec")) as PodSpec | undefined;
    const containerPorts: ContainerPort[] = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
    for (const { containerPort, protocol } of containerPorts) add(containerPort, protocol);
  }
  return ports;
}

export function exposedService(object: Unstructured, wish: ExposeWish): Unstructured {
  const selector = chosenSelector(object, wish);
  const known = portsOfObject(object);
  const wanted = wish.port === "" ? [...known.keys()] : wish.port.split(",");
  if (wanted.length === 0 && wish.clusterIp !== "None") throw new KubectlError("couldn't find port via --port flag or introspection");
  const labels = wish.labels === "" ? { ...object.metadata?.labels } : labelsOfText(wish.labels);
  const targetPort = /^[+-]?\d+$/.test(wish.targetPort) ? Number(wish.targetPort) : wish.targetPort;
  const ports = portList(wanted, wish.protocol, known).map((port) => ({
    ...port,
    targetPort: wish.targetPort === "" ? port.port : targetPort,
  }));
  const name = wish.name === "" ? (object.metadata?.name ?? "").slice(0, 63) : wish.name;
  return { apiVersion: "v1", kind: "Service", metadata: { name, labels }, spec: { ports, selector, ...chosenFields(wish) } };
}

function chosenSelector(object: Unstructured, { selector }: ExposeWish): Record<string, string> {
  if (selector !== "") return labelsOfText(selector);
  try {
    return selectorOfObject(object);
  } catch (error) {
    throw new KubectlError(`couldn't retrieve selectors via --selector flag or introspection: ${textOf(error)}`);
  }
}

function chosenFields({ sessionAffinity, clusterIp, type, externalIp, loadBalancerIp }: ExposeWish): Record<string, unknown> {
  if (!["", "None", "ClientIP"].includes(sessionAffinity)) throw new KubectlError(`unknown session affinity: ${sessionAffinity}`);
  const fields = {
    clusterIP: clusterIp,
    type,
    externalIPs: externalIp === "" ? "" : [externalIp],
    sessionAffinity,
    loadBalancerIP: type === "LoadBalancer" ? loadBalancerIp : "",
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}

function portList(wanted: readonly string[], protocol: string, known: ReadonlyMap<string, readonly string[]>): ServicePort[] {
  const several = wanted.length > 1;
  return wanted.flatMap((text, index) => {
    if (!/^[+-]?\d+$/.test(text)) throw new KubectlError(`strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
    const port = Number(text);
    const name = several ? { name: `port-${index + 1}` } : {};
    if (protocol !== "") return [{ ...name, port, protocol }];
    const protocols = known.get(text) ?? ["TCP"];
    if (protocols.length === 1) return [{ ...name, port, protocol: protocols[0] ?? "TCP" }];
    return protocols.map((one) => ({ name: `port-${index + 1}-${one.toLowerCase()}`, port, protocol: one }));
  });
}
