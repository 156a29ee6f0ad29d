/** ResourceQuota: how much a namespace may use in all. Upstream: pkg/registry/core/resourcequota/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ResourceQuotaStatus,
  ScopedResourceSelectorRequirement,
} from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { isStandardQuotaResource } from "./resourceNames.ts";
import { validateAmount, validateResourceName } from "./resourceValidation.ts";

const scopes: readonly string[] = [
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
];
const exclusive = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

export const resourceQuota: Kind<ResourceQuota> = defineKind<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  namespaced: true,
  shortNames: ["quota"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.ResourceQuota",
  ...ownStatus<ResourceQuota, ResourceQuotaStatus>(() => ({})),
  ...checkedWithMeta<ResourceQuota>(
    { namespaced: true, name: dnsSubdomainName },
    ({ spec }, at) => validateSpec(spec, at.child("spec")),
    (next, previous, at) => {
      const same = semanticEqual([...(next.spec.scopes ?? [])].sort(), [...(previous.spec.scopes ?? [])].sort());
      return same ? [] : [invalid(at.child("spec", "scopes"), next.spec.scopes ?? null, "field is immutable")];
    },
  ),
  validateStatusUpdate: (next, previous, at) => [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateAmounts(next.status?.hard, at.child("status", "hard")),
    ...validateAmounts(next.status?.used, at.child("status", "used")),
  ],
  columns: [
    column("Request", "What is used, of what there may be", (object) => usageText(object, false)),
    column("Limit", "The same for limits", (object) => usageText(object, true)),
    ageColumn(),
  ],
});

function usageText({ status }: ResourceQuota, limits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).filter((name) => name.startsWith("limits.") === limits);
  return names
    .sort()
    .map((name) => `${name}: ${status?.used?.[name] ?? "0"}/${status?.hard?.[name]}`)
    .join(", ");
}

function validateAmounts(amounts: Readonly<Record<string, string>> | undefined, at: Path): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const here = at.key(name);
    const errors = validateResourceName(name, here);
    if (!name.includes("/") && !isStandardQuotaResource(name)) errors.push(invalid(here, name, "must be a standard resource for quota"));
    return [...errors, ...validateAmount(name, amount, here)];
  });
}

function validateSpec(spec: ResourceQuotaSpec, at: Path): FieldError[] {
  const given = spec.scopes ?? [];
  const scopesAt = at.child("scopes");
  const errors = validateAmounts(spec.hard, at.child("hard"));
  errors.push(...given.filter((scope) => !scopes.includes(scope)).map(() => invalid(scopesAt, given, "unsupported scope")));
  for (const [a, b] of exclusive) if (given.includes(a) && given.includes(b)) errors.push(invalid(scopesAt, given, "conflicting scopes"));
  const expressions = spec.scopeSelector?.matchExpressions ?? [];
  return [...errors, ...expressions.flatMap((expression) => validateScope(expression, at.child("scopeSelector", "matchExpressions")))];
}

const valued = ["PriorityClass", "VolumeAttributesClass"];
const existsOnly =
  "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

/** Upstream gives every expression the path of the list. */
function validateScope({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, at: Path): FieldError[] {
  const errors = scopes.includes(scopeName) ? [] : [invalid(at.child("scopeName"), scopeName, "unsupported scope")];
  const operatorAt = at.child("operator");
  const valuesAt = at.child("values");
  if (!valued.includes(scopeName) && scopes.includes(scopeName) && operator !== "Exists")
    errors.push(invalid(operatorAt, operator, existsOnly));
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0)
      errors.push(required(valuesAt, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    if (values.length > 0) errors.push(invalid(valuesAt, values, text));
  } else errors.push(invalid(operatorAt, operator, "not a valid selector operator"));
  return errors;
}
