/** Selectors of command lines as objects carry them. Upstream: apimachinery/pkg/apis/meta/v1/helpers.go (ParseToLabelSelector) */
import { parseRequirements } from "../../machinery/selectorSyntax.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import { KubectlError, textOf } from "../errors.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

const operators: Readonly<Record<string, string>> = { in: "In", notin: "NotIn", exists: "Exists", "!": "DoesNotExist" };

export function labelSelectorOf(text: string): LabelSelector {
  let requirements: ReturnType<typeof parseRequirements>;
  try {
    requirements = parseRequirements(text);
  } catch (error) {
    throw new KubectlError(`couldn't parse the selector string ${goQuote(text)}: ${textOf(error)}`);
  }
  const matchLabels: Record<string, string> = {};
  const matchExpressions: NonNullable<LabelSelector["matchExpressions"]> = [];
  for (const { key, operator, values } of requirements) {
    if (operator === "=" || operator === "==") {
      matchLabels[key] = values[0] ?? "";
      continue;
    }
    const named = operator === "!=" ? "NotIn" : operators[operator];
    if (named === undefined) throw new KubectlError(`${goQuote(operator)} isn't supported in label selectors`);
    matchExpressions.push({ key, operator: named, values: [...values] });
  }
  return {
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
  };
}
