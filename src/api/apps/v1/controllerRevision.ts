/** ControllerRevision: a state that a StatefulSet or DaemonSet can go back to. Upstream: pkg/registry/apps/controllerrevision/strategy.go */
import { required } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import { controllerOf } from "../../../machinery/owners.ts";
import type { ControllerRevision } from "../../../schema/shapes/apps.v1.ts";
import { ageColumn, column, integerColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName, immutable, nonNegative } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";

export const controllerRevision: Kind<ControllerRevision> = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  namespaced: true,
  struct: "k8s.io/api/apps/v1.ControllerRevision",
  ...checkedWithMeta<ControllerRevision>(
    { namespaced: true, name: dnsSubdomainName },
    ({ data, revision }, at) => [
      ...(data === undefined ? [required(at.child("data"), "data is mandatory")] : []),
      ...nonNegative(revision, at.child("revision")),
    ],
    (next, previous, at) => immutable(next.data, previous.data, at.child("data")),
  ),
  columns: [
    column("Controller", "Whose state it is", controllerText),
    integerColumn("Revision", "Its place in the history", ({ revision }) => revision),
    ageColumn(),
  ],
});

function controllerText(object: ControllerRevision): string {
  const owner = controllerOf(object);
  if (owner === undefined) return "<none>";
  const [group = "", version] = owner.apiVersion.split("/");
  return `${owner.kind.toLowerCase()}${version === undefined ? "" : `.${group}`}/${owner.name}`;
}
