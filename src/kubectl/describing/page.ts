/**
 * The page that describe writes: indented lines whose tab-ended cells become columns.
 * Upstream: kubectl/pkg/describe/describe.go (PrefixWriter, tabbedString)
 */
import { describeColumns, TabWriter } from "../printers/tabWriter.ts";
import type { Quantity } from "../../machinery/quantity.ts";
import { escapeTerminal } from "../printers/table.ts";

export type Cell = string | number | boolean | Quantity | undefined;

/** Where a page's cells become columns. */
type Columns = Pick<TabWriter, "write" | "flush">;

export class Page {
  private readonly tabs: Columns;
  private readonly indent: number;
  private done = "";

  constructor(tabs: Columns = new TabWriter(describeColumns), indent = 0) {
    this.tabs = tabs;
    this.indent = indent;
  }

  /** The same page, with all of its levels moved in. */
  nested(levels: number): Page {
    return new Page(this.tabs, this.indent + levels);
  }

  write(level: number, text: string): void {
    this.tabs.write(escapeTerminal("  ".repeat(level + this.indent) + text));
  }

  line(level: number, text: string): void {
    this.write(level, `${text}\n`);
  }

  /** `Label:  value`; nothing for a value that isn't there. */
  field(level: number, label: string, value: Cell): void {
    this.write(level, `${label}:\t${String(value ?? "")}\n`);
  }

  /** The same; no line at all for a value that isn't there, or an empty text. */
  given(level: number, label: string, value: Cell): void {
    if (value !== undefined && value !== "") this.field(level, label, value);
  }

  row(level: number, ...cells: readonly Cell[]): void {
    this.write(level, `${cells.map((cell) => String(cell ?? "")).join("\t")}\n`);
  }

  /** Ends columns here. */
  flush(): void {
    this.done += this.tabs.flush();
  }

  text(): string {
    this.flush();
    return this.done;
  }
}
