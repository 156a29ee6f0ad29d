/** `kubectl events`. Upstream: kubectl/pkg/cmd/events/{events,event_printer}.go */
import { parseTime } from "../../machinery/time.ts";
import type { Event } from "../../schema/shapes/core.v1.ts";
import { type Call, type Verb, verb } from "../command.ts";
import { eventAge, withoutNulls } from "../describing/lookups.ts";
import { ExitError, KubectlError } from "../errors.ts";
import { bool, int, list, text } from "../flags.ts";
import { goSorted } from "../printers/goSort.ts";
import { nameText } from "../printers/name.ts";
import { objectPrinter } from "../printers/objectPrinter.ts";
import { escapeTerminal } from "../printers/table.ts";
import { TabWriter } from "../printers/tabWriter.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { printFlags } from "../writing/flags.ts";
import { withNullTimes } from "../writing/goNulls.ts";
import { structOfObject, typed } from "../writing/typed.ts";

const flags = {
  ...printFlags,
  "all-namespaces": bool({ short: "A" }),
  "chunk-size": int({ bits: 64, initial: 500 }),
  for: text(),
  "no-headers": bool(),
  types: list(),
  watch: bool({ short: "w" }),
};

type Events = Call<typeof flags>;
/** Prints an event or a list of them into the columns. */
type Print = (object: Unstructured, columns: TabWriter) => void;

const kind = { group: "", version: "v1", kind: "Event", plural: "events", namespaced: true };
const pageSize = 500;

export const events: Verb = verb({
  name: "events",
  flags,
  async run(call) {
    const { flags: given, session } = call;
    const namespace = (await session.namespace()).name;
    const fieldSelector = given.for === "" ? "" : await selectorFor(session, given.for);
    const print = await printerOf(call);
    const types = given.types.map((type) => type.toLowerCase());
    if (types.some((type) => type !== "normal" && type !== "warning")) throw new KubectlError("valid --types are Normal or Warning");
    const isWanted = (event: Unstructured): boolean =>
      types.length === 0 || types.includes(((event["type"] as string | undefined) ?? "").toLowerCase());
    const range = { namespace: given["all-namespaces"] ? "" : namespace, fieldSelector };
    if (given.watch) return await watchEvents(session, range, isWanted, print);
    const found = (await listEvents(session, range)).filter(isWanted);
    if (found.length === 0) {
      session.err(given["all-namespaces"] ? "No events found.\n" : `No events found in ${namespace} namespace.\n`);
      return undefined;
    }
    const columns = new TabWriter();
    const items = goSorted(found, (a, b) => instantOf(a) < instantOf(b));
    print({ kind: "EventList", apiVersion: "v1", metadata: {}, items } as unknown as Unstructured, columns);
    session.out(columns.flush());
    return undefined;
  },
});

interface Range {
  /** Empty: all. */
  readonly namespace: string;
  /** Empty: whatever it is about. */
  readonly fieldSelector: string;
}

async function listEvents(session: Session, { namespace, fieldSelector }: Range): Promise<Unstructured[]> {
  const found: Unstructured[] = [];
  const requests = new Requests(await session.api());
  for await (const { items } of requests.pages(kind, namespace, { fieldSelector, limit: pageSize })) found.push(...items);
  return found.map(asTyped);
}

/** What is there, then what comes; events that go aren't told. */
async function watchEvents(
  session: Session,
  { namespace, fieldSelector }: Range,
  isWanted: (event: Unstructured) => boolean,
  print: Print,
): Promise<void> {
  const columns = new TabWriter();
  const { signal } = session.host;
  const requests = new Requests(await session.api());
  for await (const event of requests.watch(kind, namespace, { fieldSelector, limit: pageSize }, signal)) {
    if ((event.type !== "ADDED" && event.type !== "MODIFIED") || !isWanted(event.object)) continue;
    print(asTyped(event.object), columns);
    session.out(columns.flush());
  }
  if (signal.aborted) throw new ExitError(1);
}

/** As Go prints the typed object: of its own kind, and null for times that aren't set. */
function asTyped(event: Unstructured): Unstructured {
  const full = typed({ ...event, kind: "Event", apiVersion: "v1" });
  const struct = structOfObject(full);
  return struct === undefined ? full : (withNullTimes(full, struct) as unknown as Unstructured);
}

async function selectorFor(session: Session, given: string): Promise<string> {
  const [resource = "", name, ...more] = given.split("/");
  if (name === undefined) throw new KubectlError("--for must be in resource/name form");
  if (more.length > 0) throw new KubectlError("arguments in resource/name form may not have more than one slash");
  const { group, version, kind: named } = await mappingFor(session, resource.toLowerCase());
  if (name === "") return "";
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return `involvedObject.kind=${named},involvedObject.apiVersion=${apiVersion},involvedObject.name=${name}`;
}

async function mappingFor(session: Session, argument: string): Promise<Mapping> {
  const mapper = await session.mapper();
  const [resource = "", version = "", ...group] = argument.split(".");
  if (resource === "") throw new KubectlError("a resource must be present, got: /, Resource=");
  if (group.length > 0) {
    try {
      return mapper.forResource({ resource, version, group: group.join(".") });
    } catch {
      // What seemed a version is part of the group.
    }
  }
  return mapper.forResource({ resource, version: "", group: argument.slice(resource.length + 1) });
}

async function printerOf({ flags: given, session }: Events): Promise<Print> {
  // Other formats go through the columns too, so that tabs in them line up; what fails in them isn't told.
  let written = "";
  const collecting = { host: session.host, out: (part: string | Uint8Array) => void (written += textOf(part)) };
  if (given.output === "") return tablePrinter(session, given);
  const whole = await objectPrinter(collecting, given);
  if (whole === undefined) return printName;
  return (object, columns) => {
    try {
      whole(object, true);
    } catch {
      // As upstream, which looks at no error here.
    }
    columns.write(written);
    written = "";
  };
}

function textOf(part: string | Uint8Array): string {
  return typeof part === "string" ? part : new TextDecoder().decode(part);
}

/** A list's names upstream doesn't print. */
function printName(object: Unstructured, columns: TabWriter): void {
  if (!isList(object)) columns.write(nameText(object, ""));
}

function tablePrinter({ host }: Session, given: Events["flags"]): Print {
  let headed = given["no-headers"];
  return (object, columns) => {
    if (!headed) columns.write(`${given["all-namespaces"] ? "NAMESPACE\t" : ""}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n`);
    headed = true;
    for (const item of (object["items"] as Unstructured[] | undefined) ?? [object]) {
      const event = withoutNulls(item) as Event;
      const namespace = given["all-namespaces"] ? `${event.metadata.namespace ?? ""}\t` : "";
      columns.write(`${namespace}${eventAge(event, host.clock.now())}\t${cellsOf(event).map(escapeTerminal).join("\t")}\n`);
    }
  };
}

function cellsOf({ type = "", reason = "", involvedObject, message = "" }: Event): string[] {
  return [type, reason, `${involvedObject.kind ?? ""}/${involvedObject.name ?? ""}`, message.trim()];
}

function instantOf(event: Unstructured): number {
  const { series, lastTimestamp, eventTime } = withoutNulls(event) as Event;
  const time = series === undefined ? (lastTimestamp ?? eventTime) : series.lastObservedTime;
  return (time === undefined ? undefined : parseTime(time)) ?? Number.NEGATIVE_INFINITY;
}
