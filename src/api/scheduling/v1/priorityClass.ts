/** PriorityClass: which pods go first, and may make others leave. Upstream: pkg/registry/scheduling/priorityclass/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { PriorityClass } from "../../../schema/shapes/scheduling.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName, immutable, optionalOneOf } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";

const systemPrefix = "system-";
const highestForUsers = 1_000_000_000;
const systemClasses: Readonly<Record<string, number>> = { "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000 };

export const priorityClass: Kind<PriorityClass> = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  namespaced: false,
  shortNames: ["pc"],
  struct: "k8s.io/api/scheduling/v1.PriorityClass",
  setDefaults(object) {
    object.preemptionPolicy ??= "PreemptLowerPriority";
  },
  ...checkedWithMeta<PriorityClass>({ namespaced: false, name: dnsSubdomainName }, validate, (next, previous, at) => [
    ...(next.value === previous.value ? [] : [forbidden(at.child("value"), "may not be changed in an update.")]),
    ...immutable(next.preemptionPolicy, previous.preemptionPolicy, at.child("preemptionPolicy")),
  ]),
  specChanged: () => false,
  columns: [
    column("Value", "The higher, the sooner", ({ value }) => value),
    column("Global-Default", "Whether pods without a class have it", ({ globalDefault }) => globalDefault ?? false),
    ageColumn(),
    column("PreemptionPolicy", "Whether its pods make others leave", ({ preemptionPolicy }) => preemptionPolicy ?? ""),
  ],
});

function validate({ metadata, value, preemptionPolicy }: PriorityClass, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const name = metadata.name || "";
  if (name.startsWith(systemPrefix)) {
    if (systemClasses[name] !== value) {
      const text = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${name} is not a known system priority class`;
      errors.push(forbidden(at.child("metadata", "name"), text));
    }
  } else if (value > highestForUsers) {
    const text = `maximum allowed value of a user defined priority is ${highestForUsers}`;
    errors.push(forbidden(at.child("value"), text));
  }
  return [...errors, ...optionalOneOf(preemptionPolicy, ["PreemptLowerPriority", "Never"], at.child("preemptionPolicy"))];
}
