/** What varies from run to run, whoever is asked, made equal. */
import type { Outcome } from "./sides.ts";

/** Log lines of client-go's, which no user is meant to read. */
const logLine = /^[EWI]\d{4} \d\d:\d\d:\d\d\.\d+ .*\n/gm;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;
const longTime = /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g;
const address = /127\.0\.0\.1:\d{4,5}/g;
/** Of ages and intervals: `5m12s`, `(x3 over 2m)`. */
const duration = /\b\d+(ms|s|m|h|d|y)(\d+(s|m|h|d))?\b/g;

export interface Masks {
  /** Two clusters: ids and revisions differ too. */
  readonly twin: boolean;
  readonly more: readonly RegExp[];
  /** Lines that follow each other in an order that upstream leaves to chance. */
  readonly anyOrder: readonly RegExp[];
}

const uid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const revision = /(resourceVersion"?: ?)"\d+"/g;
/** Events of the same second stand in the order of their list; in another cluster a second may have passed between them. */
const eventRow = /^ +(Normal|Warning) +\S+ +<age>/;
const podSuffix = /\b(-[0-9a-f]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;

export function masked({ stdout, stderr, code }: Outcome, masks: Masks): Outcome {
  return { stdout: maskText(stdout, masks), stderr: maskText(stderr.replaceAll(logLine, ""), masks), code };
}

function maskText(text: string, { twin, more, anyOrder }: Masks): string {
  // Ids first: parts of one may look like a duration.
  let result = (twin ? text.replaceAll(uid, "<uid>") : text)
    .replaceAll(time, "<time>")
    .replaceAll(longTime, "<time>")
    .replaceAll(address, "127.0.0.1:<port>")
    .replaceAll(duration, "<age>");
  if (twin) result = result.replaceAll(revision, "$1<revision>").replaceAll(podSuffix, "-<suffix>");
  for (const form of more) result = result.replaceAll(form, "<masked>");
  for (const form of twin ? [...anyOrder, eventRow] : anyOrder) result = inOrder(result, form);
  return result;
}

function inOrder(text: string, form: RegExp): string {
  const lines = text.split("\n");
  for (let from = 0; from < lines.length; from += 1) {
    let end = from;
    while (form.test(lines[end] ?? "")) end += 1;
    lines.splice(from, end - from, ...lines.slice(from, end).toSorted());
    from = end;
  }
  return lines.join("\n");
}
