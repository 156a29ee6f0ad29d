/** PodTemplate: a template kept on its own. Upstream: pkg/registry/core/podtemplate/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { PodTemplate } from "../../../schema/shapes/core.v1.ts";
import { column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { containerColumns, labelsText } from "../../workloadColumns.ts";
import { setPodTemplateDefaults } from "./podSpecDefaults.ts";
import { validatePodTemplate } from "./podSpecValidation.ts";

export const podTemplate: Kind<PodTemplate> = defineKind<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  namespaced: true,
  struct: "k8s.io/api/core/v1.PodTemplate",
  setDefaults({ template }) {
    if (template !== undefined) setPodTemplateDefaults(template);
  },
  ...checkedWithMeta<PodTemplate>({ namespaced: true, name: dnsSubdomainName }, ({ template }, at) =>
    template === undefined ? [] : validatePodTemplate(template, at.child("template")),
  ),
  specChanged: (next, previous) => !semanticEqual(next.template, previous.template),
  columns: [
    ...containerColumns<PodTemplate>(({ template }) => template).map((wide) => ({ ...wide, priority: 0 as const })),
    column("Pod Labels", "Labels of its pods", ({ template }) => labelsText(template?.metadata?.labels)),
  ],
});
