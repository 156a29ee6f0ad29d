/** The tables of `kubectl get`: one for each kind, with blank lines between. Upstream: kubectl/pkg/cmd/get/get.go (Run) */
import type { Session } from "../session.ts";
import { CustomColumnsPrinter, columnsOfFile, columnsOfSpec } from "../printers/customColumns.ts";
import { KubectlError, textOf } from "../errors.ts";
import { kindName } from "../printers/name.ts";
import { asTable, isTable, TablePrinter } from "../printers/table.ts";
import { TabWriter } from "../printers/tabWriter.ts";
import { isNamespaced, type LoadedInfo } from "../resources/info.ts";
import type { RequestChange } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { type GetFlags, usesServerTables } from "./getFlags.ts";
import { checkedSortPath, sortByField } from "./sorting.ts";

const tableTypes = [
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
  "application/json",
].join(",");

/** Asks the server for tables, with whole objects in them where they are sorted here. */
export function askForTables(flags: GetFlags): RequestChange {
  if (!usesServerTables(flags)) return (call) => call;
  const includeObject = flags["sort-by"] === "" ? {} : { includeObject: "Object" };
  return (call) => ({ ...call, accept: tableTypes, query: { ...call.query, ...includeObject } });
}

export function tablePrinterFor(
  session: Session,
  flags: GetFlags,
  shown: { mapping: Mapping | undefined; withKind: boolean },
): TablePrinter {
  const { mapping, withKind } = shown;
  return new TablePrinter(
    {
      noHeaders: flags["no-headers"],
      wide: flags.output === "wide",
      withNamespace: flags["all-namespaces"] && (mapping === undefined || mapping.namespaced),
      kind: mapping !== undefined && (withKind || flags["show-kind"]) ? mappingKind(mapping) : undefined,
      columnLabels: flags["label-columns"],
      showLabels: flags["show-labels"],
    },
    () => session.host.clock.now(),
  );
}

function mappingKind({ group, kind }: Mapping): string {
  return kindName({ apiVersion: group === "" ? "v1" : `${group}/v1`, kind });
}

/** Prints the tables; gives whether anything was written. */
export function printTables(session: Session, flags: GetFlags, found: readonly LoadedInfo[]): boolean {
  const infos = flags["sort-by"] === "" ? found : sorted(found, flags["sort-by"]);
  const withKind = severalKinds(infos);
  const writer = new TabWriter();
  let printer: TablePrinter | undefined;
  let last: Mapping | undefined;
  let written = false;
  let separate = false;
  const flush = (): void => {
    const text = writer.flush();
    if (text === "") return;
    session.out(separate ? `\n${text}` : text);
    separate = false;
    written = true;
  };
  for (const info of infos) {
    const { mapping } = info;
    if (printer === undefined || last === undefined || mapping === undefined || !sameResource(mapping, last)) {
      flush();
      writer.forgetWidths();
      if (last !== undefined && !flags["no-headers"] && written) separate = true;
      printer = tablePrinterFor(session, flags, { mapping, withKind });
      last = mapping;
    }
    printInfo(printer, info, flags["sort-by"], writer);
  }
  flush();
  return written;
}

const sameResource = (a: Mapping, b: Mapping): boolean => a.plural === b.plural && a.group === b.group && a.version === b.version;

function severalKinds(infos: readonly LoadedInfo[]): boolean {
  return new Set(infos.map(({ mapping }) => `${mapping?.group}/${mapping?.version}/${mapping?.kind}`)).size > 1;
}

/** A table that can't be sorted isn't printed, and upstream says nothing of it. */
function printInfo(printer: TablePrinter, { object }: LoadedInfo, field: string, writer: TabWriter): void {
  let shown = object;
  try {
    if (field !== "" && isTable(object) && asTable(object).rows.length > 1) shown = sortedTable(object, field);
  } catch (error) {
    if (error instanceof KubectlError) return;
    throw error;
  }
  printer.print(shown, writer);
}

/** Several tables, or single objects where the server makes no tables; rows are sorted when they are printed. */
function sorted(infos: readonly LoadedInfo[], field: string): readonly LoadedInfo[] {
  return infos.length < 2 ? infos : sortByField(infos, field, ({ object }) => object);
}

export function sortedTable(object: Unstructured, field: string): Unstructured {
  checkedSortPath(field);
  return { ...object, rows: sortByField(asTable(object).rows, field, ({ object: row }) => row) };
}

/** What to say when nothing was written. */
export function nothingFound(session: Session, flags: GetFlags, infos: readonly LoadedInfo[], namespace: string): void {
  const allNamespaced = !flags["all-namespaces"] && infos.every(isNamespaced);
  session.err(allNamespaced ? `No resources found in ${namespace} namespace.\n` : "No resources found\n");
}

/** The printer of `-o custom-columns`; undefined for other formats. Throws KubectlError. */
export async function customColumns(session: Session, flags: GetFlags): Promise<CustomColumnsPrinter | undefined> {
  const equals = flags.output.indexOf("=");
  const name = flags.template !== "" || equals < 0 ? flags.output : flags.output.slice(0, equals);
  if (name !== "custom-columns" && name !== "custom-columns-file") return undefined;
  const spec = flags.template !== "" ? flags.template : equals < 0 ? "" : flags.output.slice(equals + 1);
  if (spec === "") throw new KubectlError("custom-columns format specified but no custom columns given");
  if (name === "custom-columns") return new CustomColumnsPrinter(columnsOfSpec(spec), flags["no-headers"]);
  let text: string;
  try {
    text = new TextDecoder().decode(await session.host.files.read(spec));
  } catch (error) {
    throw new KubectlError(`error reading template ${spec}, ${textOf(error)}\n`);
  }
  return new CustomColumnsPrinter(columnsOfFile(text), false);
}
