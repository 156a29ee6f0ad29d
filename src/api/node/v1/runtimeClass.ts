/** RuntimeClass: what runs a pod's containers. Upstream: pkg/registry/node/runtimeclass/strategy.go, pkg/apis/node/validation */
import type { FieldError, Path } from "../../../machinery/field.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { RuntimeClass } from "../../../schema/shapes/node.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { validateResourceRequirements } from "../../core/v1/resourceValidation.ts";
import { validateTolerations } from "../../core/v1/taintValidation.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsLabel, dnsSubdomainName, immutable } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateLabels } from "../../meta/v1/labels.ts";

export const runtimeClass: Kind<RuntimeClass> = defineKind<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  namespaced: false,
  struct: "k8s.io/api/node/v1.RuntimeClass",
  ...checkedWithMeta<RuntimeClass>({ namespaced: false, name: dnsSubdomainName }, validate, (next, previous, at) =>
    immutable(next.handler, previous.handler, at.child("handler")),
  ),
  columns: [column("Handler", "Its name in the node's configuration", ({ handler }) => handler), ageColumn()],
});

function validate({ handler, overhead, scheduling }: RuntimeClass, at: Path): FieldError[] {
  return [
    ...dnsLabel(handler, at.child("handler")),
    ...validateResourceRequirements({ limits: overhead?.podFixed }, new Set(), at.child("overhead", "podFixed")),
    ...validateLabels(scheduling?.nodeSelector, at.child("scheduling", "nodeSelector")),
    ...validateTolerations(scheduling?.tolerations ?? [], at.child("scheduling", "tolerations")),
  ];
}
