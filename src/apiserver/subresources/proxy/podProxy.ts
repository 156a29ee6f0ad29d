/**
 * `pods/NAME/proxy/PATH` and `services/NAME/proxy/PATH`: what listens in a pod answers, the client's credentials left out. A connection that is
 * to be upgraded is handed over as it is, after its head.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy, pkg/registry/core/pod/rest/subresources.go (ProxyREST)
 */
import { type ApiRequest, type ApiResponse, type StreamFrame, type StreamSession } from "../../../machinery/http.ts";
import { badRequest, serviceUnavailable } from "../../../machinery/status.ts";
import { forwardUrl, type PodPort } from "../../ports/podTransport.ts";
import type { ResourceCall } from "../../server/call.ts";
import { nodesOf } from "../nodes.ts";
import type { Admitted } from "../session.ts";
import { passedOn } from "./headers.ts";
import { podLocation, serviceLocation } from "./location.ts";

const locations: Readonly<Record<string, (call: ResourceCall) => Promise<PodPort>>> = { pods: podLocation, services: serviceLocation };

export async function podProxy(call: ResourceCall): Promise<ApiResponse> {
  return await proxied(call, await podLocation(call));
}

export async function serviceProxy(call: ResourceCall): Promise<ApiResponse> {
  return await proxied(call, await serviceLocation(call));
}

/** Throws ApiError while the client can still be answered with HTTP. */
export async function admitProxy(call: ResourceCall): Promise<Admitted> {
  const locate = locations[call.info.resource];
  if (locate === undefined) throw badRequest("connections through this proxy can't be upgraded");
  const target = await locate(call);
  if (target.scheme === "https") throw badRequest("connections to https can't be upgraded through this proxy");
  const { url } = placeOf(call.request);
  const head = headOf({ ...call.request, url, headers: passedOn(call.request, upgradeHeaders) });
  const nodes = nodesOf(call);
  return { run: (peer) => nodes.stream(target.node, forwardUrl(target), beginningWith(head, peer)) };
}

async function proxied(call: ResourceCall, target: PodPort): Promise<ApiResponse> {
  const { request, registry } = call;
  const { prefix, url, isRoot } = placeOf(request);
  if (isRoot && (request.method === "GET" || request.method === "HEAD")) return redirected(prefix, url);
  if (registry.pods === undefined) throw serviceUnavailable("this API server has no connection to its pods");
  const headers = { ...passedOn(request), "x-forwarded-uri": `${prefix}${pathOf(url)}` };
  try {
    return await registry.pods.request(target, { ...request, url, headers }, prefix);
  } catch (error) {
    throw serviceUnavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Place {
  /** Of the client's path, up to and with `/proxy`. */
  readonly prefix: string;
  /** What the pod is asked for. */
  readonly url: string;
  /** Nothing stands behind `/proxy`: relative links would lead astray. */
  readonly isRoot: boolean;
}

function placeOf({ url }: ApiRequest): Place {
  const [, prefix = "", rest = ""] = /^(\/api\/v1\/namespaces\/[^/]+\/[^/]+\/[^/]+\/proxy)(.*)$/.exec(url) ?? [];
  const isRoot = rest === "" || rest.startsWith("?");
  return { prefix, url: isRoot ? `/${rest}` : rest, isRoot };
}

const pathOf = (url: string): string => url.split("?", 1)[0] ?? "";

function redirected(prefix: string, url: string): ApiResponse {
  return { status: 301, headers: { location: `${prefix}${url}` }, body: new Uint8Array(0) };
}

const upgradeHeaders: ReadonlySet<string> = new Set(["connection", "upgrade"]);
function headOf({ method, url, headers }: ApiRequest): Uint8Array {
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return new TextEncoder().encode(`${[`${method} ${url} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`);
}

function beginningWith(head: Uint8Array, peer: StreamSession): StreamSession {
  async function* incoming(): AsyncGenerator<StreamFrame> {
    yield { channel: 0, data: head };
    yield* peer.incoming;
  }
  return { incoming: incoming(), send: (frame) => peer.send(frame), close: () => peer.close() };
}
