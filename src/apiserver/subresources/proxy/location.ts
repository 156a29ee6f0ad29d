/**
 * Which port of which pod `pods/NAME/proxy` and `services/NAME/proxy` lead to.
 * Upstream: pkg/registry/core/pod/strategy.go (ResourceLocation), pkg/registry/core/service/storage/storage.go (ResourceLocation)
 */
import { below } from "../../../base/rng.ts";
import { badRequest, notFound, serviceUnavailable } from "../../../machinery/status.ts";
import type { Endpoints, EndpointSubset, Pod, Service } from "../../../schema/shapes/core.v1.ts";
import type { PodPort } from "../../ports/podTransport.ts";
import type { ResourceCall } from "../../server/call.ts";
import { objectKey } from "../../storage/keys.ts";
import { present } from "../../verbs/get.ts";
import { type ProxiedName, proxiedName } from "./name.ts";

const defaultPort = { http: 80, https: 443 } as const;

/** Throws 400 or 404. */
export async function podLocation(call: ResourceCall): Promise<PodPort> {
  const { info } = call;
  const { scheme, name, port } = proxiedName("pod", info.name);
  const pod = (await present({ ...call, info: { ...info, name } })).object as Pod;
  const first = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return addressed(pod, scheme, port === "" ? (first ?? defaultPort[scheme]) : portNumber(port));
}

/** One of the Service's ready pods, by chance. Throws 400, 404 or 503. */
export async function serviceLocation(call: ResourceCall): Promise<PodPort> {
  const { info, registry } = call;
  const asked = proxiedName("service", info.name);
  const portName = await declaredPort(call, asked);
  await registry.feed.fresh();
  const endpoints = stored(call, "endpoints", asked.name) as Endpoints | undefined;
  if (endpoints === undefined) throw notFound(registry.resource("", "endpoints").kind, asked.name);
  const { subsets = [] } = endpoints;
  if (subsets.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(asked.name)}`);
  const places = subsets.flatMap((subset) => placesOf(call, subset, portName));
  const chosen = places[below(registry.rng, places.length)];
  if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(info.name)}`);
  return addressed(chosen.pod, asked.scheme, chosen.port);
}

/** The name of the Service's port that is asked for, by that name or by its number. */
async function declaredPort(call: ResourceCall, { name, port }: ProxiedName): Promise<string> {
  if (!/^\d+$/.test(port)) return port;
  const service = (await present({ ...call, info: { ...call.info, name } })).object as Service;
  const declared = service.spec?.ports?.find((each) => each.port === Number(port));
  if (declared === undefined) throw serviceUnavailable(`no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
  return declared.name ?? "";
}

interface Place {
  readonly pod: Pod;
  readonly port: number;
}

/** Addresses without a pod of this namespace behind them lead nowhere. */
function placesOf(call: ResourceCall, { addresses = [], ports = [] }: EndpointSubset, portName: string): readonly Place[] {
  const port = ports.find(({ name = "" }) => name === portName)?.port;
  if (port === undefined) return [];
  return addresses.flatMap(({ ip, targetRef }) => {
    if (targetRef?.kind !== "Pod" || targetRef.namespace !== call.info.namespace) return [];
    const pod = stored(call, "pods", targetRef.name ?? "") as Pod | undefined;
    return pod === undefined || pod.status?.podIP !== ip ? [] : [{ pod, port }];
  });
}

function stored({ registry, info }: ResourceCall, plural: string, name: string): unknown {
  const { kind, cache } = registry.resource("", plural);
  return cache.get(objectKey(kind, info.namespace, name))?.object;
}

function addressed({ metadata, spec, status }: Pod, scheme: PodPort["scheme"], port: number): PodPort {
  const { nodeName: node = "" } = spec;
  const { podIP: ip = "" } = status ?? {};
  if (ip === "" || node === "") throw badRequest("address not allowed");
  return { node, namespace: metadata.namespace ?? "", pod: metadata.name, ip, port, scheme };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw badRequest(`invalid port ${JSON.stringify(text)}`);
  return port;
}
