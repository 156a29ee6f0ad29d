/** LimitRange: bounds and defaults for what a namespace's objects ask for. Upstream: pkg/registry/core/limitrange/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { LimitRange, LimitRangeItem } from "../../../schema/shapes/core.v1.ts";
import { createdAtColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateLimits } from "./limitRangeValidation.ts";

export const limitRange: Kind<LimitRange> = defineKind<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  namespaced: true,
  shortNames: ["limits"],
  struct: "k8s.io/api/core/v1.LimitRange",
  setDefaults({ spec }) {
    for (const item of spec.limits) if (item.type === "Container") setItemDefaults(item);
  },
  ...checkedWithMeta<LimitRange>({ namespaced: true, name: dnsSubdomainName }, ({ spec }, at) =>
    validateLimits(spec.limits, at.child("spec", "limits")),
  ),
  columns: [createdAtColumn()],
});

/** The most is the default limit, the default limit the default request, and else the least. */
function setItemDefaults(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}
