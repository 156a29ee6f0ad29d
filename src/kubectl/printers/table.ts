/**
 * Tables as the server makes them (metav1.Table) on the terminal, with the columns that users add: namespace, labels, kind, event.
 * Upstream: cli-runtime/pkg/printers/tableprinter.go
 */
import { age } from "../../machinery/time.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { compareBytes, goSprint } from "./goValue.ts";
import { TabWriter } from "./tabWriter.ts";

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly priority?: number;
}

export interface TableRow {
  cells: unknown[] | null;
  readonly object?: Unstructured | null;
}

export interface Table {
  columnDefinitions: readonly TableColumn[];
  rows: TableRow[];
}

export interface TableOptions {
  readonly noHeaders: boolean;
  readonly wide: boolean;
  readonly withNamespace: boolean;
  /** `deployment.apps`: put before names. */
  readonly kind: string | undefined;
  readonly columnLabels: readonly string[];
  readonly showLabels: boolean;
}

export function isTable(object: Unstructured): boolean {
  return object.kind === "Table" && /^meta\.k8s\.io\/v1(beta1)?$/.test(object.apiVersion ?? "");
}

export function asTable(object: Unstructured): Table {
  const { columnDefinitions, rows } = object as unknown as { columnDefinitions?: TableColumn[] | null; rows?: TableRow[] | null };
  return { columnDefinitions: columnDefinitions ?? [], rows: (rows ?? []).map((row) => ({ ...row, cells: row.cells ?? [] })) };
}

/** Prints objects and tables one after the other; headers come once for each kind of column set. */
export class TablePrinter {
  private readonly options: TableOptions;
  private readonly now: () => number;
  private lastColumns: readonly TableColumn[] = [];
  private printedHeaders = false;
  private lastPlain: "status" | "object" | undefined;

  constructor(options: TableOptions, now: () => number) {
    this.options = options;
    this.now = now;
  }

  /** `eventType`: of a watch, for a first column of its own. */
  print(object: Unstructured, out: TabWriter, eventType?: string): void {
    if (isTable(object)) this.printTable(asTable(object), out, eventType);
    else this.printPlain(object, out, eventType);
  }

  printTable(table: Table, out: TabWriter, eventType?: string): void {
    const same = table.columnDefinitions.length === 0 || sameColumns(table.columnDefinitions, this.lastColumns);
    const noHeaders = this.options.noHeaders || (this.printedHeaders && same);
    let columns = table.columnDefinitions;
    if (columns.length === 0) columns = this.lastColumns;
    else if (!same) {
      this.lastColumns = columns;
      this.printedHeaders = false;
    }
    if (table.rows.length > 0) this.printedHeaders = true;
    let shown = decorated({ columnDefinitions: columns, rows: table.rows }, this.options);
    if (eventType !== undefined) shown = withEvents(shown, eventType);
    writeTable(shown, out, { noHeaders, wide: this.options.wide });
  }

  /** For servers that make no tables: name and age. */
  private printPlain(object: Unstructured, out: TabWriter, eventType: string | undefined): void {
    const kind = object.kind === "Status" && object.apiVersion === "v1" ? "status" : "object";
    const headers = this.lastPlain !== kind && !this.options.noHeaders;
    if (this.lastPlain !== undefined && headers) out.write("\n");
    const { columnLabels, showLabels, withNamespace } = this.options;
    if (headers) {
      const own = kind === "status" ? ["STATUS", "REASON", "MESSAGE"] : ["NAME", "AGE"];
      const labels = [...columnLabels.map(labelHeader), ...(showLabels ? ["LABELS"] : [])];
      out.write(
        `${[...(eventType === undefined ? [] : ["EVENT"]), ...(withNamespace ? ["NAMESPACE"] : []), ...own, ...labels].join("\t")}\n`,
      );
    }
    for (const row of plainRows(object, kind, this.now())) this.writePlainRow(row, out, eventType);
    this.lastPlain = kind;
  }

  private writePlainRow({ cells, object }: PlainRow, out: TabWriter, eventType: string | undefined): void {
    const { kind, columnLabels, showLabels, withNamespace } = this.options;
    const [first = "", ...rest] = cells;
    const named = kind === undefined ? first : `${kind}/${first}`;
    const labels = labelCells(object.metadata?.labels ?? {}, columnLabels, showLabels);
    const start = [
      ...(eventType === undefined ? [] : [formattedEvent(eventType)]),
      ...(withNamespace ? [object.metadata?.namespace ?? ""] : []),
    ];
    out.write(`${[...start, named, ...rest, ...labels].join("\t")}\n`);
  }
}

interface PlainRow {
  readonly cells: readonly string[];
  readonly object: Unstructured;
}

function plainRows(object: Unstructured, kind: "status" | "object", now: number): PlainRow[] {
  if (kind === "status") {
    return [{ object, cells: [goSprint(object["status"]), goSprint(object["reason"] ?? ""), goSprint(object["message"] ?? "")] }];
  }
  const items = object["items"];
  if (Array.isArray(items)) return (items as Unstructured[]).flatMap((item) => plainRows(item, "object", now));
  return [{ object, cells: [object.metadata?.name ?? "", age(object.metadata?.creationTimestamp, now)] }];
}

function sameColumns(a: readonly TableColumn[], b: readonly TableColumn[]): boolean {
  return a.length === b.length && JSON.stringify(a) === JSON.stringify(b);
}

function decorated(table: Table, options: TableOptions): Table {
  const { withNamespace, columnLabels, showLabels, kind } = options;
  const nameAt = kind === undefined ? -1 : table.columnDefinitions.findIndex(({ format, type }) => format === "name" && type === "string");
  const columns: TableColumn[] = [
    ...(withNamespace ? [{ name: "Namespace", type: "string" }] : []),
    ...table.columnDefinitions,
    ...columnLabels.map((label) => ({ name: labelHeader(label), type: "string" })),
    ...(showLabels ? [{ name: "Labels", type: "string" }] : []),
  ];
  const rows = table.rows.map((row) => {
    const cells = [...(row.cells ?? [])];
    if (nameAt >= 0) cells[nameAt] = `${kind}/${goSprint(cells[nameAt])}`;
    const metadata = row.object?.metadata;
    if (metadata === undefined) {
      const front = withNamespace ? [null, ...cells] : cells;
      return {
        ...row,
        cells: [...front, ...Array.from({ length: Math.max(0, Math.ceil((columns.length - front.length) / 2)) }, () => null)],
      };
    }
    const labels = labelCells(metadata.labels ?? {}, columnLabels, showLabels);
    return { ...row, cells: [...(withNamespace ? [metadata.namespace ?? ""] : []), ...cells, ...labels] };
  });
  return { columnDefinitions: columns, rows };
}

function withEvents({ columnDefinitions, rows }: Table, eventType: string): Table {
  return {
    columnDefinitions: [{ name: "Event", type: "string" }, ...columnDefinitions],
    rows: rows.map((row) => ({ ...row, cells: [formattedEvent(eventType), ...(row.cells ?? [])] })),
  };
}

function formattedEvent(type: string): string {
  return ["ADDED", "MODIFIED", "DELETED", "ERROR"].includes(type) ? type.padEnd(8) : type;
}

function labelHeader(label: string): string {
  return (label.split("/").at(-1) ?? "").toUpperCase();
}

function labelCells(labels: Readonly<Record<string, string>>, columns: readonly string[], showAll: boolean): string[] {
  return [...columns.map((label) => labels[label] ?? ""), ...(showAll ? [formatLabels(labels)] : [])];
}

/** `a=1,b=2`; `<none>` where there are none. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const keys = Object.keys(labels).sort(compareBytes);
  return keys.length === 0 ? "<none>" : keys.map((key) => `${key}=${labels[key] ?? ""}`).join(",");
}

function writeTable({ columnDefinitions, rows }: Table, out: TabWriter, { noHeaders, wide }: { noHeaders: boolean; wide: boolean }): void {
  const isShown = (column: TableColumn | undefined): boolean => column !== undefined && (wide || (column.priority ?? 0) === 0);
  if (!noHeaders) {
    if (rows.length === 0) return;
    out.write(
      `${columnDefinitions
        .filter(isShown)
        .map(({ name }) => name.toUpperCase())
        .join("\t")}\n`,
    );
  }
  for (const row of rows) {
    const cells = (row.cells ?? []).filter((_, at) => isShown(columnDefinitions[at]));
    out.write(`${cells.map(cellText).join("\t")}\n`);
  }
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return escapeTerminal(goSprint(cell));
  const end = cell.search(/[\f\n\r]/);
  return end < 0 ? escapeTerminal(cell) : `${escapeTerminal(cell.slice(0, end))}...`;
}

/** Nothing in an object moves the cursor. */
export function escapeTerminal(text: string): string {
  return text.replaceAll("\u001b", "^[").replaceAll("\r", "\\r");
}
