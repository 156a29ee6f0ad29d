/** `kubectl get --watch`: what is there, then each change. Upstream: kubectl/pkg/cmd/get/get.go (watch) */
import { ExitError, KubectlError, textOf } from "../errors.ts";
import { isTable } from "../printers/table.ts";
import { TabWriter } from "../printers/tabWriter.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Selection } from "../resources/selection.ts";
import { v1List } from "../resources/selection.ts";
import { isList } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { isApiError } from "../../machinery/status.ts";
import { type GetFlags, isHumanReadable } from "./getFlags.ts";
import { sortedTable, tablePrinterFor } from "./tables.ts";
import { type PrintEvent, wholePrinter } from "./wholeObjects.ts";

export async function watchObjects(session: Session, flags: GetFlags, selection: Selection): Promise<void> {
  let infos;
  try {
    infos = await selection.infos();
  } catch (error) {
    if (isApiError(error, "NotFound") && flags["ignore-not-found"]) return;
    throw error;
  }
  const objects = infos.map(({ object }) => object);
  const [first] = objects;
  const single = objects.length === 1 && first !== undefined && (selection.single || isList(first)) ? first : undefined;
  const whole = single ?? v1List(objects, infos[0]?.resourceVersion ?? "");
  const state = { shown: !flags["watch-only"] };
  const print = await eventPrinter(session, flags, infos[0]?.mapping, state);
  // From "0" a watch begins about now and tells the object first; a list's own revision doesn't.
  const resourceVersion = isList(whole) ? (whole.metadata?.resourceVersion ?? "0") : "0";
  try {
    for (const object of isList(whole) ? whole.items : [whole]) print(object, flags["output-watch-events"] ? "ADDED" : undefined);
  } catch (error) {
    throw new KubectlError(`unable to output the provided object: ${textOf(error)}`);
  }
  state.shown = isList(whole);
  const { signal } = session.host;
  for await (const event of await selection.watch(resourceVersion, signal)) {
    if (event.type === "BOOKMARK") continue;
    print(event.object, flags["output-watch-events"] ? event.type : undefined);
    state.shown = true;
  }
  if (signal.aborted) throw new ExitError(1);
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
