/** What `kubectl get events` shows. Upstream: pkg/printers/internalversion/printers.go (printEvent) */
import type { Column } from "../../../machinery/kind.ts";
import { age } from "../../../machinery/time.ts";
import type { Event } from "../../../schema/shapes/core.v1.ts";
import { column, wideColumn } from "../../columns.ts";

export const eventColumns: readonly Column<Event>[] = [
  column("Last Seen", "Time since it last happened", lastSeen),
  column("Type", "Normal or Warning", (event) => event.type ?? ""),
  column("Reason", "Why, as one word", (event) => event.reason ?? ""),
  column("Object", "What it happened to", objectText),
  wideColumn("Subobject", "The part that it happened to", (event) => event.involvedObject.fieldPath ?? ""),
  wideColumn("Source", "Who reports it", sourceText),
  column("Message", "What happened", (event) => (event.message ?? "").trim()),
  wideColumn("First Seen", "Time since it first happened", firstSeen),
  wideColumn("Count", "How often it happened", (event) => event.series?.count ?? (event.count || 1)),
  { ...wideColumn<Event>("Name", "Name of the event", (event) => event.metadata.name || ""), format: "name" },
];

function firstSeen(event: Event, now: number): string {
  return age(event.firstTimestamp ?? event.eventTime, now);
}

function lastSeen(event: Event, now: number): string {
  if (event.series !== undefined) return age(event.series.lastObservedTime, now);
  return event.lastTimestamp === undefined ? firstSeen(event, now) : age(event.lastTimestamp, now);
}

function objectText({ involvedObject: { kind = "", name = "" } }: Event): string {
  return name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent;
  const instance = event.source?.host || event.reportingInstance;
  return instance ? `${component}, ${instance}` : component;
}
