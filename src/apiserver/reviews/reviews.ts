/** Resources that are answered and never stored: access and identity reviews, and Binding at the collection. */
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { badRequest } from "../../machinery/status.ts";
import type { SelfSubjectReview, TokenReview } from "../../schema/shapes/authentication.v1.ts";
import type {
  LocalSubjectAccessReview,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from "../../schema/shapes/authorization.v1.ts";
import type { Authenticator } from "../authn/authenticate.ts";
import type { UserInfo } from "../authn/user.ts";
import type { AccessAttributes, Authorizer } from "../authz/authorizer.ts";
import { decodeRequest } from "../request/decode.ts";
import type { Output } from "../request/negotiate.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { Call } from "../server/call.ts";
import { replyAny } from "../server/reply.ts";

export interface ReviewCall extends Call {
  readonly output: Output;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
}

export interface VirtualKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly struct: string;
  answer(call: ReviewCall, body: KubeObject): Promise<KubeObject> | KubeObject;
}

const authentication = { group: "authentication.k8s.io", version: "v1", namespaced: false } as const;
const authorization = { group: "authorization.k8s.io", version: "v1", namespaced: false } as const;

export const reviewKinds: readonly VirtualKind[] = [
  {
    ...authentication,
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    struct: "k8s.io/api/authentication/v1.SelfSubjectReview",
    answer: (call, body): SelfSubjectReview => ({ ...body, status: { userInfo: userInfoOf(call.user) } }),
  },
  {
    ...authentication,
    kind: "TokenReview",
    plural: "tokenreviews",
    struct: "k8s.io/api/authentication/v1.TokenReview",
    answer: reviewToken,
  },
  {
    ...authorization,
    namespaced: true,
    kind: "LocalSubjectAccessReview",
    plural: "localsubjectaccessreviews",
    struct: "k8s.io/api/authorization/v1.LocalSubjectAccessReview",
    answer(call, body) {
      const review = body as LocalSubjectAccessReview;
      const inside = review.spec?.resourceAttributes?.namespace ?? "";
      if (inside !== call.info.namespace) {
        throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${call.info.namespace}`);
      }
      return subjectReview(call, body);
    },
  },
  {
    ...authorization,
    kind: "SelfSubjectAccessReview",
    plural: "selfsubjectaccessreviews",
    struct: "k8s.io/api/authorization/v1.SelfSubjectAccessReview",
    async answer(call, body): Promise<SelfSubjectAccessReview> {
      const review = body as SelfSubjectAccessReview;
      return { ...review, status: await decide(call, review.spec ?? {}, call.user) };
    },
  },
  {
    ...authorization,
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    struct: "k8s.io/api/authorization/v1.SelfSubjectRulesReview",
    answer: reviewRules,
  },
  {
    ...authorization,
    kind: "SubjectAccessReview",
    plural: "subjectaccessreviews",
    struct: "k8s.io/api/authorization/v1.SubjectAccessReview",
    answer: subjectReview,
  },
];

/** POST: decodes, answers with the filled-in object. */
export async function review(call: ReviewCall, kind: VirtualKind): Promise<ApiResponse> {
  const options = writeOptionsOf(call.info.query, "CreateOptions");
  const { warn } = writeContext(call, options);
  const target = { kind, validation: options.fieldValidation, warn };
  const body = decodeRequest(call.request, target);
  return replyAny(call, 201, await kind.answer(call, body));
}

async function reviewToken(call: ReviewCall, body: KubeObject): Promise<TokenReview> {
  const asked = body as TokenReview;
  const { token = "", audiences } = asked.spec ?? {};
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const verdict = await call.authenticator.verify(token, audiences === undefined || audiences.length === 0 ? undefined : audiences);
  const status =
    verdict === undefined
      ? { user: {}, error: "[invalid bearer token]" }
      : { authenticated: true, user: userInfoOf(verdict.user), audiences: [...verdict.audiences] };
  return { ...asked, status };
}

async function subjectReview(call: ReviewCall, body: KubeObject): Promise<SubjectAccessReview> {
  const asked = body as SubjectAccessReview;
  const { user = "", groups = [], uid, extra } = asked.spec ?? {};
  if (user === "" && groups.length === 0) throw badRequest('spec.user: Invalid value: "": at least one of user or group must be specified');
  return { ...asked, status: await decide(call, asked.spec, { name: user, groups, uid, extra }) };
}

async function decide(
  call: ReviewCall,
  spec: Pick<SubjectAccessReviewSpec, "resourceAttributes" | "nonResourceAttributes">,
  user: UserInfo,
): Promise<{ allowed: boolean; reason?: string }> {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    throw badRequest("spec: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }
  const attributes: AccessAttributes =
    resourceAttributes === undefined
      ? { kind: "path", user, verb: nonResourceAttributes?.verb ?? "", path: nonResourceAttributes?.path ?? "" }
      : { kind: "resource", user, ...filledIn(resourceAttributes) };
  const { allowed, reason } = await call.authorizer.authorize(attributes);
  return { allowed, ...(reason === "" ? {} : { reason }) };
}

function filledIn(asked: ResourceAttributes): Omit<AccessAttributes & { kind: "resource" }, "kind" | "user"> {
  const { verb = "", group = "", version = "", resource = "", subresource = "", namespace = "", name = "" } = asked;
  return { verb, group, version, resource, subresource, namespace, name };
}

async function reviewRules(call: ReviewCall, body: KubeObject): Promise<SelfSubjectRulesReview> {
  const asked = body as SelfSubjectRulesReview;
  const namespace = asked.spec?.namespace ?? "";
  if (namespace === "") throw badRequest("no namespace on request");
  const rules = await call.authorizer.rules(call.user, namespace);
  const resourceRules = rules.resourceRules.map(({ verbs, apiGroups, resources, resourceNames }) => ({
    verbs: [...verbs],
    apiGroups: [...apiGroups],
    resources: [...resources],
    ...(resourceNames === undefined ? {} : { resourceNames: [...resourceNames] }),
  }));
  const nonResourceRules = rules.nonResourceRules.map(({ verbs, nonResourceURLs }) => ({
    verbs: [...verbs],
    nonResourceURLs: [...nonResourceURLs],
  }));
  return { ...asked, status: { resourceRules, nonResourceRules, incomplete: false } };
}

function userInfoOf(user: UserInfo): { username: string; uid?: string; groups: string[]; extra?: Record<string, string[]> } {
  const extra = Object.fromEntries(Object.entries(user.extra ?? {}).map(([key, values]) => [key, [...values]]));
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(user.extra === undefined ? {} : { extra }),
  };
}
