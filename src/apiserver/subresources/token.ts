/**
 * `serviceaccounts/NAME/token`: issues a token for a ServiceAccount, bound to a pod, node or Secret where asked for.
 * Upstream: pkg/registry/core/serviceaccount/storage/token.go
 */
import type { FieldError } from "../../machinery/field.ts";
import { invalid } from "../../machinery/fieldErrors.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { badRequest, conflict, invalidObject, notFound, serviceUnavailable } from "../../machinery/status.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { BoundObjectReference, TokenRequest } from "../../schema/shapes/authentication.v1.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { BoundObject, ServiceAccountClaims } from "../authn/tokens.ts";
import { decodeRequest } from "../request/decode.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyAny } from "../server/reply.ts";
import { objectKey } from "../storage/keys.ts";
import { present } from "../verbs/get.ts";

const tokenRequestKind = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  struct: "k8s.io/api/authentication/v1.TokenRequest",
};
const defaultSeconds = 3_600;
const minSeconds = 600;
const maxSeconds = 2 ** 32;

export async function createToken(call: ResourceCall): Promise<ApiResponse> {
  const { info, registry } = call;
  const options = writeOptionsOf(info.query, "CreateOptions");
  const { warn } = writeContext(call, options);
  const target = { kind: tokenRequestKind, validation: options.fieldValidation, warn };
  const asked = decodeRequest(call.request, target) as TokenRequest;
  const named = asked.metadata.name ?? "";
  if (named !== "" && named !== info.name) {
    throw badRequest(`the name in the request URL (${info.name}) does not match the name in the object (${named})`);
  }
  const { tokens } = registry;
  if (tokens === undefined) throw serviceUnavailable("this API server has no key to sign tokens with");
  const account = await present(call);
  const seconds = asked.spec?.expirationSeconds ?? defaultSeconds;
  const problems = secondsProblems(seconds);
  if (problems.length > 0) throw invalidObject(tokenRequestKind, "", problems);
  const audiences = asked.spec?.audiences ?? [];
  const issuedAt = Math.floor(registry.clock.now() / 1000);
  const claims: ServiceAccountClaims = {
    namespace: info.namespace,
    name: info.name,
    uid: account.object.metadata.uid ?? "",
    audiences: audiences.length === 0 ? [tokens.issuer] : audiences,
    issuedAt,
    expiresAt: issuedAt + seconds,
    id: registry.uids.next(),
    ...boundTo(call, asked.spec?.boundObjectRef),
  };
  const token = await tokens.sign(claims);
  const status = { token, expirationTimestamp: rfc3339(claims.expiresAt * 1000) };
  const spec = { ...asked.spec, audiences: [...claims.audiences], expirationSeconds: seconds };
  const metadata = { name: info.name, namespace: info.namespace, creationTimestamp: rfc3339(registry.clock.now()) };
  return replyAny(call, 201, { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", metadata, spec, status });
}

function secondsProblems(seconds: number): FieldError[] {
  const at = "spec.expirationSeconds";
  if (seconds < minSeconds) return [invalid(at, seconds, "may not specify a duration less than 10 minutes")];
  return seconds > maxSeconds ? [invalid(at, seconds, "may not specify a duration larger than 2^32 seconds")] : [];
}

function boundTo(call: ResourceCall, ref: BoundObjectReference | undefined): Pick<ServiceAccountClaims, "pod" | "node" | "secret"> {
  if (ref === undefined) return {};
  const { info } = call;
  const { kind = "", name = "", uid = "" } = ref;
  switch (kind) {
    case "Pod": {
      const pod = lookup(call, "pods", info.namespace, name) as Pod;
      if ((pod.spec.serviceAccountName ?? "") !== info.name) {
        const text = `cannot bind token for serviceaccount ${JSON.stringify(info.name)} to pod running with different serviceaccount name.`;
        throw badRequest(text);
      }
      const node = pod.spec.nodeName ?? "";
      const host = node === "" ? undefined : stored(call, "nodes", "", node);
      return { pod: bound(pod, "pods", uid), ...(host === undefined ? {} : { node: bound(host, "nodes", "") }) };
    }
    case "Secret":
      return { secret: bound(lookup(call, "secrets", info.namespace, name), "secrets", uid) };
    case "Node":
      return { node: bound(lookup(call, "nodes", "", name), "nodes", uid) };
    default:
      throw badRequest(`cannot bind token to object of type ${kind}`);
  }
}

function bound(object: KubeObject, plural: string, wantedUid: string): BoundObject {
  const { name, uid = "" } = object.metadata;
  if (wantedUid !== "" && wantedUid !== uid) {
    const text = `the UID in the bound object reference (${wantedUid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: "", plural }, name, text);
  }
  return { name, uid };
}

function lookup(call: ResourceCall, plural: string, namespace: string, name: string): KubeObject {
  const found = stored(call, plural, namespace, name);
  if (found === undefined) throw notFound({ group: "", plural }, name);
  return found;
}

function stored(call: ResourceCall, plural: string, namespace: string, name: string): KubeObject | undefined {
  const { kind, cache } = call.registry.resource("", plural);
  return cache.get(objectKey(kind, namespace, name))?.object;
}
