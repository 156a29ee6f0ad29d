/** One request on its way through the server, and what a resource handler gets of it. */
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import type { ApiRequest, ApiResponse } from "../../machinery/http.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import { refusal } from "../authz/refusal.ts";
import type { UserInfo } from "../authn/user.ts";
import type { Registry, Resource, WriteContext } from "../registry/resource.ts";
import type { Output } from "../request/negotiate.ts";
import { managerOfAgent } from "../apply/tracking.ts";
import type { WriteOptions } from "../request/writeOptions.ts";
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
  readonly authorizer: Authorizer;
}

export type ResourceHandler = (call: ResourceCall) => Promise<ApiResponse>;

export function writeContext(call: Call, options: Pick<WriteOptions, "dryRun" | "fieldManager">): WriteContext {
  const manager = options.fieldManager === "" ? managerOfAgent(call.request.headers["user-agent"]) : options.fieldManager;
  const warn = (text: string): void => void (call.warnings.includes(text) || call.warnings.push(text));
  return { user: call.user, dryRun: options.dryRun, manager, warn };
}

/** A write that would create what it names asks for that right, too. Throws 403. */
export async function mayCreate({ info, user, authorizer }: ResourceCall): Promise<void> {
  const { group, version, resource, namespace, name } = info;
  const attributes = { kind: "resource", user, verb: "create", group, version, resource, subresource: "", namespace, name } as const;
  const { allowed, reason } = await authorizer.authorize(attributes);
  if (!allowed) throw refusal(attributes, reason);
}

/** The stored object as this call's version shows it. */
export function asServed(call: ResourceCall, object: KubeObject): KubeObject {
  const { storedAs } = call.kind;
  return storedAs === undefined ? object : storedAs.fromStored(object);
}
