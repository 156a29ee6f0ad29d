/** Event as events.k8s.io shows it: the same objects as core/v1, under newer names. Upstream: pkg/apis/events/v1/conversion.go */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { Event as CoreEvent } from "../../../schema/shapes/core.v1.ts";
import type { Event } from "../../../schema/shapes/events.v1.ts";
import { event as coreEvent } from "../../core/v1/event.ts";
import { validateStrictEvent, validateStrictEventUpdate } from "../../core/v1/eventValidation.ts";
import { defineKind } from "../../defineKind.ts";

function toCoreEvent(event: Event): CoreEvent {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, ...same } = event;
  const { reportingController, reportingInstance, ...rest } = same;
  return {
    ...rest,
    apiVersion: "v1",
    kind: "Event",
    involvedObject: regarding ?? {},
    ...defined("message", note),
    ...defined("source", deprecatedSource),
    ...defined("firstTimestamp", deprecatedFirstTimestamp),
    ...defined("lastTimestamp", deprecatedLastTimestamp),
    ...defined("count", deprecatedCount),
    reportingComponent: reportingController ?? "",
    reportingInstance: reportingInstance ?? "",
  };
}

function fromCoreEvent(event: CoreEvent): Event {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, series, eventTime, ...same } = event;
  return {
    ...same,
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    eventTime: eventTime as string,
    regarding: involvedObject,
    ...defined("note", message),
    ...defined("deprecatedSource", source),
    ...defined("deprecatedFirstTimestamp", firstTimestamp),
    ...defined("deprecatedLastTimestamp", lastTimestamp),
    ...defined("deprecatedCount", count),
    ...defined("reportingController", reportingComponent || undefined),
    ...defined("series", series === undefined ? undefined : ({ count: 0, ...series } as NonNullable<Event["series"]>)),
  };
}

function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

export const event: Kind<Event> = defineKind<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  shortNames: ["ev"],
  struct: "k8s.io/api/events/v1.Event",
  validate: (object, at) => validateStrictEvent(toCoreEvent(object), at),
  validateUpdate: (next, previous, at) => validateStrictEventUpdate(toCoreEvent(next), toCoreEvent(previous), at),
  selectableFields: {
    reason: (object) => object.reason ?? "",
    "regarding.kind": ({ regarding }) => regarding?.kind ?? "",
    "regarding.namespace": ({ regarding }) => regarding?.namespace ?? "",
    "regarding.name": ({ regarding }) => regarding?.name ?? "",
    "regarding.uid": ({ regarding }) => regarding?.uid ?? "",
    "regarding.apiVersion": ({ regarding }) => regarding?.apiVersion ?? "",
    "regarding.resourceVersion": ({ regarding }) => regarding?.resourceVersion ?? "",
    "regarding.fieldPath": ({ regarding }) => regarding?.fieldPath ?? "",
    reportingController: (object) => object.reportingController ?? "",
    type: (object) => object.type ?? "",
  },
  storedAs: { kind: coreEvent, toStored: toCoreEvent, fromStored: fromCoreEvent },
  columns: coreEvent.columns.map((column): Column<Event> => ({ ...column, cell: (object, now) => column.cell(toCoreEvent(object), now) })),
});
