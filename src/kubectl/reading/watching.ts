/** `kubectl get --watch`: what is there, then each change. Upstream: kubectl/pkg/cmd/get/get.go (watch) */
import { ExitError, KubectlError, textOf } from "../errors.ts";
import { isTable } from "../printers/table.ts";
import { TabWriter } from "../printers/tabWriter.ts";
import type { LoadedInfo } from "../resources/info.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Selection } from "../resources/selection.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { isApiError } from "../../machinery/status.ts";
import { type GetFlags, isHumanReadable } from "./getFlags.ts";
import { sortedTable, tablePrinterFor } from "./tables.ts";
import { type PrintEvent, wholePrinter } from "./wholeObjects.ts";

export async function watchObjects(session: Session, flags: GetFlags, selection: Selection): Promise<void> {
  const infos = await foundInfos(flags, selection);
  if (infos === undefined) return;
  const before = standing(infos, selection.single);
  const state = { shown: !flags["watch-only"] };
  const print = await eventPrinter(session, flags, infos[0]?.mapping, state);
  const withTypes = flags["output-watch-events"];
  try {
    for (const object of before.objects) print(object, withTypes ? "ADDED" : undefined);
  } catch (error) {
    throw new KubectlError(`unable to output the provided object: ${textOf(error)}`);
  }
  state.shown = before.isList;
  const { signal } = session.host;
  for await (const event of await selection.watch(before.resourceVersion, signal)) {
    if (event.type === "BOOKMARK") continue;
    print(event.object, withTypes ? event.type : undefined);
    state.shown = true;
  }
  if (signal.aborted) throw new ExitError(1);
}

/** Undefined where nothing is there, and that is fine. */
async function foundInfos(flags: GetFlags, selection: Selection): Promise<LoadedInfo[] | undefined> {
  try {
    return await selection.infos();
  } catch (error) {
    if (isApiError(error, "NotFound") && flags["ignore-not-found"]) return undefined;
    throw error;
  }
}

interface Standing {
  readonly isList: boolean;
  readonly objects: readonly Unstructured[];
  /** From where the watch goes on. */
  readonly resourceVersion: string;
}

/** What there is before the watch. From "0" a watch begins about now and tells the object first; a list's own revision doesn't. */
function standing(infos: readonly LoadedInfo[], single: boolean): Standing {
  const [first, ...others] = infos;
  if (first === undefined || others.length > 0) {
    return { isList: true, objects: infos.map(({ object }) => object), resourceVersion: first?.resourceVersion ?? "" };
  }
  const { object, resourceVersion } = first;
  if (isList(object)) return { isList: true, objects: object.items, resourceVersion: object.metadata?.resourceVersion ?? "0" };
  return single ? { isList: false, objects: [object], resourceVersion: "0" } : { isList: true, objects: [object], resourceVersion };
}

async function eventPrinter(
  session: Session,
  flags: GetFlags,
  mapping: Mapping | undefined,
  state: { shown: boolean },
): Promise<PrintEvent> {
  if (!isHumanReadable(flags)) {
    const print = await wholePrinter(session, flags);
    return (object, eventType) => {
      if (state.shown) print(object, eventType);
    };
  }
  const printer = tablePrinterFor(session, flags, { mapping, withKind: false });
  const writer = new TabWriter();
  return (object, eventType) => {
    const table = isTable(object);
    if (!state.shown && !table) return;
    let shown = state.shown ? object : { ...object, rows: [] };
    if (table && state.shown && flags["sort-by"] !== "" && (object["rows"] as unknown[] | undefined)?.length !== 1) {
      shown = sortedTable(object, flags["sort-by"]);
    }
    printer.print(shown, writer, eventType);
    session.out(writer.flush());
  };
}
