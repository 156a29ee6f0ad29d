/**
 * Columns out of tab-ended cells, as Go's text/tabwriter lays them out: a column reaches over lines that follow each other, and is as wide
 * as its widest cell. Left out: tabs as padding, right alignment, HTML. Upstream: text/tabwriter, github.com/liggitt/tabwriter
 */
export interface TabOptions {
  /** Least width of a cell, padding included. */
  readonly minWidth: number;
  readonly padding: number;
  /** Columns never get narrower from one flush to the next. */
  readonly remembersWidths: boolean;
}

/** As `kubectl get` prints. */
export const getColumns: TabOptions = { minWidth: 6, padding: 3, remembersWidths: true };
/** As `kubectl describe` prints. */
export const describeColumns: TabOptions = { minWidth: 0, padding: 2, remembersWidths: false };

export class TabWriter {
  private readonly options: TabOptions;
  private text = "";
  private remembered: number[] = [];

  constructor(options: TabOptions = getColumns) {
    this.options = options;
  }

  write(text: string): void {
    this.text += text;
  }

  /** What was written since the last flush, laid out. */
  flush(): string {
    const text = this.text;
    this.text = "";
    if (text === "") return "";
    const lines = text.split(/[\n\f]/).map((line) => line.split("\t"));
    const out: string[] = [];
    this.layOut(lines, { from: 0, to: lines.length }, [], out);
    return out.join("\n");
  }

  forgetWidths(): void {
    this.remembered = [];
  }

  /** Lines of a range, whose first columns have these widths. */
  private layOut(lines: readonly string[][], range: { from: number; to: number }, widths: readonly number[], out: string[]): void {
    const column = widths.length;
    let at = range.from;
    while (at < range.to) {
      if (!hasCell(lines[at], column)) {
        out.push(padded(lines[at] ?? [], widths));
        at += 1;
        continue;
      }
      let end = at;
      let width = this.options.minWidth;
      for (; end < range.to && hasCell(lines[end], column); end += 1) {
        width = Math.max(width, widthOf(lines[end]?.[column] ?? "") + this.options.padding);
      }
      this.layOut(lines, { from: at, to: end }, [...widths, this.settled(column, width)], out);
      at = end;
    }
  }

  private settled(column: number, width: number): number {
    if (!this.options.remembersWidths) return width;
    this.remembered[column] = Math.max(this.remembered[column] ?? 0, width);
    return this.remembered[column] ?? width;
  }
}

/** The last cell of a line belongs to no column. */
function hasCell(line: readonly string[] | undefined, column: number): boolean {
  return line !== undefined && column < line.length - 1;
}

function padded(line: readonly string[], widths: readonly number[]): string {
  return line.map((cell, at) => (at < widths.length ? cell + " ".repeat((widths[at] ?? 0) - widthOf(cell)) : cell)).join("");
}

function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : Array.from(text).length;
}
