/** What pods and pod templates have in common. Upstream: kubectl/pkg/describe/describe.go (DescribePodTemplate) */
import type { PodSchedulingGroup, PodSpec, PodTemplateSpec, Toleration, TopologySpreadConstraint } from "../../schema/shapes/core.v1.ts";
import { putContainers } from "./containers.ts";
import type { Page } from "./page.ts";
import { byName, putAnnotations, putBelowEachOther, putLabels, selectorText } from "./parts.ts";
import { putVolumes } from "./volumes.ts";

export function putPodTemplate(page: Page, template: PodTemplateSpec | undefined): void {
  page.line(0, "Pod Template:");
  if (template === undefined) return page.write(1, "<unset>");
  const { metadata, spec } = template;
  putLabels(page, "  Labels", metadata?.labels);
  if (Object.keys(metadata?.annotations ?? {}).length > 0) putAnnotations(page, "  Annotations", metadata?.annotations);
  putTemplateSpec(page, spec ?? {});
  return undefined;
}

function putTemplateSpec(page: Page, spec: Partial<PodSpec>): void {
  const { initContainers = [], containers = [] } = spec;
  const space = "  ";
  page.given(1, "Service Account", spec.serviceAccountName);
  if (initContainers.length > 0) putContainers(page, { title: "Init Containers", containers: initContainers, space });
  putContainers(page, { title: "Containers", containers, space });
  putVolumes(page, spec.volumes ?? [], space);
  putSpreading(page, spec.topologySpreadConstraints, space);
  page.given(1, "Priority Class Name", spec.priorityClassName);
  putLabels(page, "  Node-Selectors", spec.nodeSelector);
  putTolerations(page, "  Tolerations", spec.tolerations);
  putSchedulingGroup(page, spec.schedulingGroup, space);
}

export function putSpreading(page: Page, constraints: readonly TopologySpreadConstraint[] | undefined, space: string): void {
  const ordered = [...(constraints ?? [])].sort(byName(({ topologyKey }) => topologyKey));
  ordered.forEach(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }, at) => {
    page.write(0, at === 0 ? `${space}Topology Spread Constraints:\t` : `${space}\t`);
    const chosen = labelSelector === undefined ? "" : ` for selector ${selectorText(labelSelector)}`;
    page.line(0, `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${chosen}`);
  });
}

export function putTolerations(page: Page, title: string, tolerations: readonly Toleration[] | undefined): void {
  const ordered = [...(tolerations ?? [])].sort(byName(({ key = "" }) => key));
  putBelowEachOther(page, title, ordered.map(tolerationText));
}

function tolerationText({ key = "", value = "", effect = "", operator, tolerationSeconds }: Toleration): string {
  const named = `${key}${value === "" ? "" : `=${value}`}${effect === "" ? "" : `:${effect}`}`;
  const exists = operator === "Exists" && value === "" ? `${key !== "" || effect !== "" ? " " : ""}op=Exists` : "";
  return `${named}${exists}${tolerationSeconds === undefined ? "" : ` for ${tolerationSeconds}s`}`;
}

export function putSchedulingGroup(page: Page, group: PodSchedulingGroup | undefined, space: string): void {
  if (group === undefined) return;
  page.line(0, `${space}SchedulingGroup:`);
  page.field(1, "PodGroupName", group.podGroupName);
}
