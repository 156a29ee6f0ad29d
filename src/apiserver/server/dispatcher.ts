/** The way of every request: what it asks for, who asks, may they, is there room, then its handler; whatever goes wrong becomes a Status. */
import type { ApiRequest, ApiResponse } from "../../machinery/http.ts";
import type { Kind } from "../../machinery/kind.ts";
import { ApiError, internalError, serviceUnavailable, timeout, unauthorized, unknownPath } from "../../machinery/status.ts";
import { StorageError } from "../../store/store.ts";
import { impersonated } from "../authn/impersonate.ts";
import type { Authenticator, CertificateIdentity } from "../authn/authenticate.ts";
import { anonymousUser } from "../authn/user.ts";
import type { UserInfo } from "../authn/user.ts";
import type { AccessAttributes, Authorizer } from "../authz/authorizer.ts";
import { refusal } from "../authz/refusal.ts";
import { answerMetrics } from "../metrics/answer.ts";
import type { Registry } from "../registry/resource.ts";
import { negotiate, wantsPretty } from "../request/negotiate.ts";
import type { Offer, Output } from "../request/negotiate.ts";
import { requestInfoOf } from "../request/requestInfo.ts";
import type { RequestInfo } from "../request/requestInfo.ts";
import { review } from "../reviews/reviews.ts";
import { admitProxy } from "../subresources/proxy/podProxy.ts";
import { type Admitted, admitSession } from "../subresources/session.ts";
import type { Call, ResourceCall } from "./call.ts";
import type { InFlight } from "./limits.ts";
import { isLongRunning, requestTimeoutMs } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import type { Paths } from "./paths.ts";
import { plainJson, replyError } from "./reply.ts";
import type { Routes } from "./routes.ts";

export interface DispatcherParts {
  readonly ready: Promise<void>;
  readonly registry: Registry;
  readonly routes: Routes;
  readonly paths: Paths;
  readonly metrics: Metrics;
  readonly inFlight: InFlight;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
}

const objectOffer: Offer = { conversions: ["Table", "PartialObjectMetadata"], protobuf: false };
const listOffer: Offer = { conversions: ["Table", "PartialObjectMetadataList"], protobuf: false };
const otherOffer: Offer = { conversions: [], protobuf: false };

export class Dispatcher {
  private readonly parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.parts = parts;
  }

  async handle(request: ApiRequest, identity: CertificateIdentity | undefined): Promise<ApiResponse> {
    const { clock } = this.parts.registry;
    const started = clock.now();
    const warnings: string[] = [];
    let info: RequestInfo | undefined;
    let response: ApiResponse;
    try {
      info = requestInfoOf(request.method, request.url);
      response = await this.answer({ request, info, warnings }, identity);
    } catch (error) {
      response = replyError(this.asApiError(error, request), errorOutput(request), warnings);
    }
    if (info !== undefined) {
      const known = info.isResource && this.parts.routes.knows(info);
      this.parts.metrics.observe(info, response.status, (clock.now() - started) / 1000, known);
    }
    return response;
  }

  async connect(request: ApiRequest, identity: CertificateIdentity | undefined): Promise<Admitted | { refusal: ApiResponse }> {
    try {
      const info = requestInfoOf(request.method, request.url);
      const user = await this.permitted(request, info, identity);
      if (!info.isResource) throw unknownPath();
      const route = this.parts.routes.find(info);
      const admit = admitters.get(info.subresource);
      if (route.to !== "kind" || admit === undefined) throw unknownPath();
      return await admit(this.resourceCall({ request, info, user, warnings: [] }, route.kind));
    } catch (error) {
      return { refusal: replyError(this.asApiError(error, request), plainJson, []) };
    }
  }

  private async answer(call: Omit<Call, "user">, identity: CertificateIdentity | undefined): Promise<ApiResponse> {
    const { info, request } = call;
    const user = await this.permitted(request, info, identity);
    const leave = this.parts.inFlight.enter(info);
    try {
      const answered = this.dispatch({ ...call, user });
      return isLongRunning(info) ? await answered : await this.inTime(answered);
    } finally {
      leave();
    }
  }

  /** Who asks, if they may; throws 401 or 403. */
  private async permitted(request: ApiRequest, info: RequestInfo, identity: CertificateIdentity | undefined): Promise<UserInfo> {
    const { authenticator, authorizer, ready } = this.parts;
    // Tokens are checked against the caches; health must answer before they are loaded.
    if (info.isResource || request.headers["authorization"] !== undefined) await ready;
    const user = await impersonated(request, await authenticator.authenticate(request, identity), authorizer);
    const attributes = attributesOf(info, user);
    const pending = authorizer.authorize(attributes);
    const decision = pending instanceof Promise ? await pending : pending;
    if (decision.allowed) return user;
    throw user === anonymousUser ? unauthorized() : refusal(attributes, decision.reason);
  }

  private dispatch(call: Call): Promise<ApiResponse> {
    const { info, request } = call;
    if (!info.isResource) return this.parts.paths.answer(call);
    const route = this.parts.routes.find(info);
    if (route.to === "kind") return route.handler(this.resourceCall(call, route.kind));
    const { authenticator, authorizer, registry } = this.parts;
    if (route.to === "metrics") {
      const output = outputOf(request, info, { conversions: ["Table"], protobuf: false });
      return answerMetrics({ ...call, output, registry }, route.kind);
    }
    return review({ ...call, output: outputOf(request, info, otherOffer), authenticator, authorizer }, route.kind);
  }

  private resourceCall(call: Call, kind: Kind): ResourceCall {
    const { registry } = this.parts;
    const stored = kind.storedAs?.kind ?? kind;
    const { info, request, user, warnings } = call;
    const deprecation = deprecations[`${kind.group}/${kind.version}/${kind.plural}`];
    if (deprecation !== undefined) warnings.push(deprecation);
    const lists = info.verb === "list" || info.verb === "deletecollection";
    const offer = info.subresource === "" || info.subresource === "status" ? (lists ? listOffer : objectOffer) : otherOffer;
    const output = asTheNodeSays.has(info.subresource) ? plainJson : outputOf(request, info, offer);
    const resource = registry.resource(stored.group, stored.plural);
    const spoken = stored === kind ? resource : { ...resource, served: kind };
    return { request, info, user, warnings, kind, registry, output, resource: spoken, authorizer: this.parts.authorizer };
  }

  private inTime(answered: Promise<ApiResponse>): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const text = "request did not complete within the allotted timeout";
      const timer = this.parts.registry.clock.after(requestTimeoutMs, () => reject(timeout(text)));
      answered.then(resolve, reject).finally(() => timer[Symbol.dispose]());
    });
  }

  private asApiError(error: unknown, request: ApiRequest): ApiError {
    if (error instanceof ApiError) return error;
    const { log } = this.parts.registry;
    const where = { method: request.method, url: request.url, error: String(error) };
    if (error instanceof StorageError) {
      log.error("the store refused", where);
      return serviceUnavailable(`storage: ${error.message}`);
    }
    log.error("a request failed", { ...where, stack: error instanceof Error ? error.stack : undefined });
    return internalError(error instanceof Error ? error.message : String(error));
  }
}

/** Said to everybody who uses them. */
const deprecations: Readonly<Record<string, string>> = {
  "/v1/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
};

/** Their answers are a kubelet's own, whatever the client accepts. */
const asTheNodeSays: ReadonlySet<string> = new Set(["log", "proxy"]);
const admitters: ReadonlyMap<string, (call: ResourceCall) => Promise<Admitted>> = new Map([
  ["exec", admitSession],
  ["attach", admitSession],
  ["portforward", admitSession],
  ["proxy", admitProxy],
]);

function attributesOf(info: RequestInfo, user: UserInfo): AccessAttributes {
  if (!info.isResource) return { kind: "path", user, verb: info.verb, path: info.path };
  const { verb, group, version, resource, subresource, namespace, name } = info;
  return { kind: "resource", user, verb, group, version, resource, subresource, namespace, name };
}

function outputOf(request: ApiRequest, info: RequestInfo, offer: Offer): Output {
  const pretty = wantsPretty(request.headers["user-agent"], info.query.text("pretty"));
  return negotiate(request.headers["accept"], offer, pretty && info.verb !== "watch");
}

/** A Status is sent as YAML to whoever asked for YAML, to all others as JSON. */
function errorOutput(request: ApiRequest): Output {
  const accept = request.headers["accept"] ?? "";
  const pretty = wantsPretty(request.headers["user-agent"], undefined);
  return accept.startsWith("application/yaml") ? { ...plainJson, media: "yaml" } : { ...plainJson, pretty };
}
