/** ServiceAccount: who a pod is to the API. Upstream: pkg/registry/core/serviceaccount/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ServiceAccount } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName } from "../../fieldChecks.ts";
import { type MetaRules, validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

const rules: MetaRules = { namespaced: true, name: dnsSubdomainName };

export const serviceAccount: Kind<ServiceAccount> = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  namespaced: true,
  shortNames: ["sa"],
  struct: "k8s.io/api/core/v1.ServiceAccount",
  validate: ({ metadata }, at) => validateObjectMeta(metadata, rules, at.child("metadata")),
  validateUpdate: (next, previous, at) => [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateObjectMeta(next.metadata, rules, at.child("metadata")),
  ],
});
