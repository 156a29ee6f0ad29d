/** Checks of Events: lenient as the older API takes them, strict as events.k8s.io does. Upstream: pkg/apis/core/validation/events.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { Event } from "../../../schema/shapes/core.v1.ts";
import { dnsSubdomainName, immutable, present, problemsAt, qualifiedName } from "../../fieldChecks.ts";
import { semanticEqual } from "../../equal.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

const maxWordLength = 128;
const maxMessageLength = 1024;

/** What holds however the event was written. */
export function validateEvent(event: Event, at: Path): FieldError[] {
  const { metadata, involvedObject } = event;
  const about = involvedObject.namespace ?? "";
  const where = metadata.namespace ?? "";
  const newer = event.eventTime !== undefined;
  const aboutCluster = where === "default" || (newer ? where === "kube-system" : where === "");
  const mismatch = about === "" ? !aboutCluster : !newer && where !== about;
  const errors = mismatch ? [invalid(at.child("involvedObject", "namespace"), about, "does not match event.namespace")] : [];
  if (newer) errors.push(...validateNewer(event, at));
  return [...errors, ...problemsAt(at.child("namespace"), where, dnsSubdomainProblems(where))];
}

function validateNewer(event: Event, at: Path): FieldError[] {
  const { reportingComponent, reportingInstance, action = "", reason = "", message = "" } = event;
  const controllerAt = at.child("reportingController");
  const errors = [...present(reportingComponent, controllerAt), ...qualifiedName(reportingComponent, controllerAt)];
  for (const [field, value] of Object.entries({ reportingInstance, action, reason })) {
    errors.push(...present(value, at.child(field)), ...atMost(value, maxWordLength, at.child(field)));
  }
  return [...errors, ...atMost(message, maxMessageLength, at.child("message"))];
}

function atMost(value: string, max: number, at: Path): FieldError[] {
  return value.length > max ? [invalid(at, "", `can have at most ${max} characters`)] : [];
}

/** For what is written through events.k8s.io. */
export function validateStrictEvent(event: Event, at: Path): FieldError[] {
  const errors = [
    ...validateEvent(event, at),
    ...validateObjectMeta(event.metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateSeries(event, at),
  ];
  if (event.eventTime === undefined) errors.push(required(at.child("eventTime")));
  if (event.type !== "Normal" && event.type !== "Warning") {
    errors.push(invalid(at.child("type"), "", `has invalid value: ${event.type ?? ""}`));
  }
  for (const field of ["firstTimestamp", "lastTimestamp", "count"] as const) {
    if (event[field] !== undefined) errors.push(invalid(at.child(field), "", "needs to be unset"));
  }
  const sourced = event.source?.component || event.source?.host;
  return sourced ? [...errors, invalid(at.child("source"), "", "needs to be unset")] : errors;
}

function validateSeries({ series }: Event, at: Path): FieldError[] {
  if (series === undefined) return [];
  const errors = (series.count ?? 0) < 2 ? [invalid(at.child("series.count"), "", "should be at least 2")] : [];
  return series.lastObservedTime ? errors : [...errors, required(at.child("series.lastObservedTime"))];
}

const fixedFields = [
  "involvedObject",
  "reason",
  "message",
  "source",
  "firstTimestamp",
  "lastTimestamp",
  "count",
  "type",
  "eventTime",
  "action",
  "related",
  "reportingInstance",
] as const;

/** Only the series of an event may go on. */
export function validateStrictEventUpdate(next: Event, previous: Event, at: Path): FieldError[] {
  return [
    ...validateEvent(next, at),
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...(semanticEqual(next.series, previous.series) ? [] : validateSeries(next, at)),
    ...fixedFields.flatMap((field) => immutable(next[field], previous[field], at.child(field))),
    ...immutable(next.reportingComponent, previous.reportingComponent, at.child("reportingController")),
  ];
}
