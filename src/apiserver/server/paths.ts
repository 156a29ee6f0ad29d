/** What isn't a resource: discovery, version, OpenAPI, health, metrics. */
import type { ApiResponse } from "../../machinery/http.ts";
import { methodNotSupported, unknownPath } from "../../machinery/status.ts";
import { aggregatedDiscovery } from "../discovery/aggregated.ts";
import { contentHash } from "../discovery/contentHash.ts";
import type { OpenApi } from "../discovery/openApi.ts";
import { apiGroup, apiGroups, apiVersions, resourceList } from "../discovery/plain.ts";
import type { ServedVersion } from "../discovery/served.ts";
import { health } from "../health/health.ts";
import type { HealthCheck } from "../health/health.ts";
import { negotiate, wantsPretty } from "../request/negotiate.ts";
import type { Offer } from "../request/negotiate.ts";
import type { Call } from "./call.ts";
import type { Metrics } from "./metrics.ts";
import type { VersionInfo } from "./options.ts";
import { encoded, reply, replyAny } from "./reply.ts";

export interface PathsOptions {
  readonly versions: readonly ServedVersion[];
  readonly version: VersionInfo;
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly serverAddress: string;
  readonly openApi: OpenApi;
  /** Keys that ServiceAccount tokens are signed with, for /openid/v1/jwks. */
  readonly tokenKeys: (() => Promise<{ readonly issuer: string; readonly keys: readonly object[] }>) | undefined;
}

const plainOffer: Offer = { conversions: [], protobuf: false };
const discoveryOffer: Offer = { conversions: ["APIGroupDiscoveryList"], protobuf: false };
const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const encoder = new TextEncoder();

export class Paths {
  private readonly options: PathsOptions;
  private readonly aggregated = new Map<string, { readonly body: Uint8Array; readonly etag: string }>();

  constructor(options: PathsOptions) {
    this.options = options;
    const core = options.versions.filter(({ group }) => group === "");
    const named = options.versions.filter(({ group }) => group !== "");
    for (const [path, versions] of [
      ["/api", core],
      ["/apis", named],
    ] as const) {
      const text = JSON.stringify(aggregatedDiscovery(versions));
      this.aggregated.set(path, { body: encoder.encode(`${text}\n`), etag: `"${contentHash(text)}"` });
    }
  }

  /** Throws 404 for a path that nothing answers. */
  async answer(call: Call): Promise<ApiResponse> {
    const { info } = call;
    const path = info.path.length > 1 && info.path.endsWith("/") ? info.path.slice(0, -1) : info.path;
    const answered = (await health(path, info.query, this.options.checks)) ?? this.discovery(path, call) ?? (await this.other(path, call));
    if (answered === undefined) throw unknownPath();
    if (info.method !== "GET" && info.method !== "HEAD") throw methodNotSupported();
    return answered;
  }

  private discovery(path: string, call: Call): ApiResponse | undefined {
    const { versions, serverAddress } = this.options;
    const parts = path.split("/").slice(1);
    const [root, group = "", version = ""] = parts;
    if (root === "api" && parts.length === 1) return this.aggregatedOr(path, call, () => apiVersions(versions, serverAddress));
    if (root === "apis" && parts.length === 1) return this.aggregatedOr(path, call, () => apiGroups(versions));
    if (root === "api" && parts.length === 2) return this.resources(call, "", group);
    if (root !== "apis" || parts.length > 3) return undefined;
    if (parts.length === 3) return this.resources(call, group, version);
    return versions.some((v) => v.group === group && group !== "") ? this.plain(call, apiGroup(versions, group)) : undefined;
  }

  private resources(call: Call, group: string, version: string): ApiResponse | undefined {
    const served = this.options.versions.find((v) => v.group === group && v.version === version);
    return served === undefined ? undefined : this.plain(call, resourceList(served));
  }

  private aggregatedOr(path: string, call: Call, plain: () => object): ApiResponse {
    const { request, info } = call;
    const pretty = wantsPretty(request.headers["user-agent"], info.query.text("pretty"));
    const output = negotiate(request.headers["accept"], discoveryOffer, pretty);
    const known = this.aggregated.get(path);
    if (output.convert === undefined || known === undefined) return replyAny({ ...call, output }, 200, plain());
    const headers = { "content-type": aggregatedType, etag: known.etag, vary: "Accept", "cache-control": "public" };
    const unchanged = request.headers["if-none-match"] === known.etag;
    return unchanged ? { status: 304, headers, body: new Uint8Array(0) } : { status: 200, headers, body: known.body };
  }

  private plain(call: Call, value: object): ApiResponse {
    const pretty = wantsPretty(call.request.headers["user-agent"], call.info.query.text("pretty"));
    const output = negotiate(call.request.headers["accept"], plainOffer, pretty);
    return reply({ output, warnings: call.warnings }, 200, encoded(value, output));
  }

  private async other(path: string, call: Call): Promise<ApiResponse | undefined> {
    const { version, metrics, openApi, tokenKeys } = this.options;
    switch (path) {
      case "/":
        return json({ paths: this.rootPaths() });
      case "/version":
        return json(version);
      case "/metrics":
        return {
          status: 200,
          headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
          body: encoder.encode(metrics.text()),
        };
      case "/openid/v1/jwks":
        return tokenKeys === undefined ? undefined : json({ keys: (await tokenKeys()).keys }, "application/jwk-set+json");
      case "/.well-known/openid-configuration":
        return tokenKeys === undefined ? undefined : json(openIdConfiguration((await tokenKeys()).issuer));
      default:
        return openApi.answer(path, call);
    }
  }

  private rootPaths(): string[] {
    const groups = this.options.versions.filter(({ group }) => group !== "");
    const discovery = groups.flatMap(({ group, version }) => [`/apis/${group}`, `/apis/${group}/${version}`]);
    const fixed = [
      "/.well-known/openid-configuration",
      "/api",
      "/api/v1",
      "/apis",
      "/healthz",
      "/livez",
      "/metrics",
      "/openapi/v2",
      "/openapi/v3",
    ];
    return [...new Set([...fixed, "/openid/v1/jwks", "/readyz", "/version", ...discovery])].sort();
  }
}

function json(value: object, type = "application/json"): ApiResponse {
  const headers = { "content-type": type, "cache-control": "no-cache, private" };
  return { status: 200, headers, body: encoder.encode(JSON.stringify(value, undefined, 2)) };
}

function openIdConfiguration(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256", "RS256"],
  };
}
