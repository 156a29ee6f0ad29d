/** ValidatingWebhookConfiguration: programs that may refuse what is written. Upstream: pkg/registry/admissionregistration/validatingwebhookconfiguration/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ValidatingWebhookConfiguration } from "../../../schema/shapes/admissionregistration.v1.ts";
import { ageColumn, integerColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { setWebhookDefaults, validateWebhooks } from "./webhookDefaults.ts";

export const validatingWebhookConfiguration: Kind<ValidatingWebhookConfiguration> = defineKind<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
  namespaced: false,
  categories: ["api-extensions"],
  struct: "k8s.io/api/admissionregistration/v1.ValidatingWebhookConfiguration",
  setDefaults(object) {
    for (const webhook of object.webhooks ?? []) setWebhookDefaults(webhook);
  },
  ...checkedWithMeta<ValidatingWebhookConfiguration>({ namespaced: false, name: dnsSubdomainName }, ({ webhooks = [] }, at) =>
    validateWebhooks(webhooks, at.child("webhooks")),
  ),
  specChanged: (next, previous) => !semanticEqual(next.webhooks, previous.webhooks),
  columns: [integerColumn("Webhooks", "How many programs are asked", ({ webhooks }) => webhooks?.length ?? 0), ageColumn()],
});
