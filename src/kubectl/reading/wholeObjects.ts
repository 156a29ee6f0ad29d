/** `kubectl get` with -o: the objects, one or a list. Upstream: kubectl/pkg/cmd/get/get.go (printGeneric) */
import { Failures, throwAll } from "../errors.ts";
import { nameText } from "../printers/name.ts";
import { objectPrinter } from "../printers/objectPrinter.ts";
import { TabWriter } from "../printers/tabWriter.ts";
import type { LoadedInfo } from "../resources/info.ts";
import { type Selection, v1List } from "../resources/selection.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import type { GetFlags } from "./getFlags.ts";
import { sortByField } from "./sorting.ts";
import { customColumns } from "./tables.ts";

export type PrintEvent = (object: Unstructured, eventType?: string) => void;

export async function printWholeObjects(session: Session, flags: GetFlags, selection: Selection): Promise<void> {
  const infos: LoadedInfo[] = [];
  const failures = await selection.tryVisit((info) => void infos.push(info));
  if (failures.length > 0 && selection.single) throwAll(failures);
  if (infos.length === 0 && flags["ignore-not-found"]) return throwAll(failures);
  const print = await wholePrinter(session, flags);
  const [first] = infos;
  const problems = [...failures];
  try {
    if (selection.single && infos.length === 1 && first !== undefined) {
      print(isList(first.object) ? listOf(first.object.items, flags, first.object.metadata?.resourceVersion) : first.object);
    } else
      print(
        listOf(
          infos.map(({ object }) => object),
          flags,
        ),
      );
  } catch (error) {
    problems.push(...(error instanceof Failures ? error.errors : [error]));
  }
  throwAll(problems);
}

function listOf(items: readonly Unstructured[], flags: GetFlags, resourceVersion = ""): Unstructured {
  const field = flags["sort-by"];
  return v1List(field === "" || items.length === 0 ? items : sortByField(items, field, (item) => item), resourceVersion);
}

/** The printer for -o; throws KubectlError for formats that don't exist. */
export async function wholePrinter(session: Session, flags: GetFlags): Promise<PrintEvent> {
  const columns = await customColumns(session, flags);
  const print = columns === undefined ? await objectPrinter(session, flags, ["custom-columns", "custom-columns-file", "wide"]) : undefined;
  if (print !== undefined) return (object, eventType) => print(object, false, eventType);
  if (columns === undefined) return (object) => session.out(nameText(object, ""));
  return (object, eventType) => {
    const writer = new TabWriter();
    columns.print(object, writer, eventType);
    session.out(writer.flush());
  };
}
