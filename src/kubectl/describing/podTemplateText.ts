/** A pod template as rollouts show it. Upstream: kubectl/pkg/polymorphichelpers/history.go (printTemplate) */
import type { PodTemplateSpec } from "../../schema/shapes/core.v1.ts";
import { withoutNulls } from "./lookups.ts";
import { Page } from "./page.ts";
import { putPodTemplate } from "./podParts.ts";

/** Tabs stay tabs: upstream doesn't lay this out in columns. */
export function podTemplateText(template: unknown): string {
  let text = "";
  const asWritten = { write: (part: string) => void (text += part), flush: () => "" };
  putPodTemplate(new Page(asWritten), withoutNulls(template) as PodTemplateSpec);
  return text;
}
