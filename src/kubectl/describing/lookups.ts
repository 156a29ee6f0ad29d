/** What descriptions look up beside the object itself: events, pods, lists of others. Upstream: kubectl/pkg/describe/describe.go */
import { selectorOf } from "../../machinery/selectors.ts";
import { controllerOf } from "../../machinery/owners.ts";
import { parseTime } from "../../machinery/time.ts";
import type { Event, Pod } from "../../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import type { Api } from "../api.ts";
import { goSorted } from "../printers/goSort.ts";
import { Requests } from "../resources/requests.ts";
import type { KindRef } from "../../machinery/kind.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Page } from "./page.ts";
import { since } from "./parts.ts";

export interface Describing {
  readonly api: Api;
  readonly showEvents: boolean;
  readonly chunkSize: number;
  now(): number;
}

/** Where lists of a kind are found. */
export function kindAt(apiVersion: string, kind: string, plural: string, namespaced = true): KindRef {
  const slash = apiVersion.indexOf("/");
  const [group, version] = [apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1)];
  return { group, version, kind, plural, namespaced };
}

const events = kindAt("v1", "Event", "events");
const pods = kindAt("v1", "Pod", "pods");

export async function listAll<T>(
  { api, chunkSize }: Describing,
  mapping: KindRef,
  namespace: string,
  selectors: { labelSelector?: string; fieldSelector?: string } = {},
): Promise<T[]> {
  const items: unknown[] = [];
  for await (const list of new Requests(api).pages(mapping, namespace, { ...selectors, limit: chunkSize })) items.push(...list.items);
  return items.map(withoutNulls) as T[];
}

export async function getOne<T>({ api }: Describing, mapping: KindRef, namespace: string, name: string): Promise<T> {
  return withoutNulls(await new Requests(api).get(mapping, { namespace, name })) as T;
}

export function listPods(describing: Describing, namespace: string, fieldSelector = ""): Promise<Pod[]> {
  return listAll<Pod>(describing, pods, namespace, { fieldSelector });
}

/** Pods of a controller by phase, as one sentence. */
export async function podPhases(
  describing: Describing,
  owner: Unstructured,
  selector: { readonly labels: LabelSelector } | { readonly text: string },
): Promise<string> {
  const labelSelector = "text" in selector ? selector.text : selectorOf(selector.labels).toString();
  const found = await listAll<Pod>(describing, pods, owner.metadata.namespace ?? "", { labelSelector });
  const own = found.filter((pod) => controllerOf(pod)?.uid === owner.metadata.uid);
  const count = (phase: string): number => own.filter(({ status }) => status?.phase === phase).length;
  return `${count("Running")} Running / ${count("Pending")} Waiting / ${count("Succeeded")} Succeeded / ${count("Failed")} Failed`;
}

export interface EventSubject {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
  readonly uid: string;
}

export function subjectOf({ kind = "", metadata }: Unstructured): EventSubject {
  return { name: metadata.name, namespace: metadata.namespace ?? "", kind, uid: metadata.uid ?? "" };
}

/** Events about an object; none where they can't be read. */
export async function eventsAbout(describing: Describing, { name, namespace, kind, uid }: EventSubject): Promise<Event[]> {
  const terms = [
    `involvedObject.name=${name}`,
    `involvedObject.namespace=${namespace}`,
    ...(kind === "" ? [] : [`involvedObject.kind=${kind}`]),
    ...(uid === "" ? [] : [`involvedObject.uid=${uid}`]),
  ];
  try {
    return await listAll<Event>(describing, events, namespace, { fieldSelector: terms.sort().join(",") });
  } catch {
    return [];
  }
}

export function putEvents(page: Page, found: readonly Event[], now: number): void {
  if (found.length === 0) return page.field(0, "Events", "<none>");
  page.flush();
  const ordered = goSorted(found, (a, b) => instant(a.lastTimestamp) < instant(b.lastTimestamp));
  page.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage");
  page.row(1, "----", "------", "----", "----", "-------");
  for (const event of ordered) {
    const { fieldPath = "" } = event.involvedObject;
    const message = (event.message ?? "").trim();
    const source = event.source?.component || event.reportingComponent || "";
    page.row(
      1,
      event.type ?? "",
      event.reason ?? "",
      eventAge(event, now),
      source,
      fieldPath === "" ? message : `${fieldPath}: ${message}`,
    );
  }
  return undefined;
}

/** `5m`, or `5m (x3 over 10m)` for what happened again. */
export function eventAge({ eventTime, firstTimestamp, lastTimestamp, series, count = 0 }: Event, now: number): string {
  const first = since(eventTime ?? firstTimestamp, now);
  if (series !== undefined) return `${since(series.lastObservedTime, now)} (x${series.count ?? 0} over ${first})`;
  return count > 1 ? `${since(lastTimestamp, now)} (x${count} over ${first})` : first;
}

function instant(time: string | undefined): number {
  return (time === undefined ? undefined : parseTime(time)) ?? -1e15;
}

/** As a typed client sees it: what is null isn't there. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== null) out[key] = withoutNulls(inner);
  return out;
}
