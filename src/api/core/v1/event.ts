/** Event: something that happened to an object, kept for a while. Stored as this version also when written through events.k8s.io. */
import type { Kind } from "../../../machinery/kind.ts";
import type { Event } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";
import { eventColumns } from "./eventColumns.ts";
import { validateEvent } from "./eventValidation.ts";

export const event: Kind<Event> = defineKind<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  shortNames: ["ev"],
  struct: "k8s.io/api/core/v1.Event",
  validate: validateEvent,
  validateUpdate: (next, _previous, at) => validateEvent(next, at),
  selectableFields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: (object) => object.reason ?? "",
    reportingComponent: (object) => object.reportingComponent,
    source: (object) => object.source?.component || object.reportingComponent,
    type: (object) => object.type ?? "",
  },
  columns: eventColumns,
});
