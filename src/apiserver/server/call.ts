/** One request on its way through the server, and what a resource handler gets of it. */
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import type { ApiRequest, ApiResponse } from "../../machinery/http.ts";
import type { UserInfo } from "../authn/user.ts";
import type { Registry, Resource, WriteContext } from "../registry/resource.ts";
import type { Output } from "../request/negotiate.ts";
import type { RequestInfo } from "../request/requestInfo.ts";

export interface Call {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  /** Texts for `Warning:` headers. */
  readonly warnings: string[];
}

export interface ResourceCall extends Call {
  /** As it is served; `resource.kind` is what is stored. Mostly the same. */
  readonly kind: Kind;
  readonly resource: Resource;
  readonly registry: Registry;
  readonly output: Output;
}

export type ResourceHandler = (call: ResourceCall) => Promise<ApiResponse>;

export function writeContext(call: Call, dryRun: boolean): WriteContext {
  return { user: call.user, dryRun, warn: (text) => void (call.warnings.includes(text) || call.warnings.push(text)) };
}

/** The stored object as this call's version shows it. */
export function asServed(call: ResourceCall, object: KubeObject): KubeObject {
  const { storedAs } = call.kind;
  return storedAs === undefined ? object : storedAs.fromStored(object);
}
