/** MutatingWebhookConfiguration: programs that may change what is written. Upstream: pkg/registry/admissionregistration/mutatingwebhookconfiguration/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { MutatingWebhookConfiguration } from "../../../schema/shapes/admissionregistration.v1.ts";
import { ageColumn, integerColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, optionalOneOf } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { setWebhookDefaults, validateWebhooks } from "./webhookDefaults.ts";

export const mutatingWebhookConfiguration: Kind<MutatingWebhookConfiguration> = defineKind<MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  namespaced: false,
  categories: ["api-extensions"],
  struct: "k8s.io/api/admissionregistration/v1.MutatingWebhookConfiguration",
  setDefaults(object) {
    for (const webhook of object.webhooks ?? []) {
      setWebhookDefaults(webhook);
      webhook.reinvocationPolicy ??= "Never";
    }
  },
  ...checkedWithMeta<MutatingWebhookConfiguration>({ namespaced: false, name: dnsSubdomainName }, ({ webhooks = [] }, at) => [
    ...validateWebhooks(webhooks, at.child("webhooks")),
    ...webhooks.flatMap(({ reinvocationPolicy: policy }, i) =>
      optionalOneOf(policy, ["IfNeeded", "Never"], at.child("webhooks").index(i).child("reinvocationPolicy")),
    ),
  ]),
  specChanged: (next, previous) => !semanticEqual(next.webhooks, previous.webhooks),
  columns: [integerColumn("Webhooks", "How many programs are asked", ({ webhooks }) => webhooks?.length ?? 0), ageColumn()],
});
