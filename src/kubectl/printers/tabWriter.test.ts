import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeColumns, getColumns, type TabOptions, TabWriter } from "./tabWriter.ts";

const cell = fc.stringMatching(/^[a-z]{0,12}$/);
const rows = fc
  .integer({ min: 1, max: 5 })
  .chain((count) => fc.array(fc.array(cell, { minLength: count, maxLength: count }), { minLength: 1 }));

function laidOut(table: readonly (readonly string[])[], options: TabOptions): string[] {
  const writer = new TabWriter(options);
  for (const row of table) writer.write(`${row.join("\t")}\n`);
  return writer.flush().split("\n").slice(0, -1);
}

describe.each([
  ["get", getColumns],
  ["describe", describeColumns],
])("columns as %s has them", (_, options) => {
  test("each column begins at the same place in all rows, as near as its widest cell allows", () => {
    fc.assert(
      fc.property(rows, (table) => {
        const lines = laidOut(table, options);
        const columns = (table[0] ?? []).slice(0, -1);
        const widths = columns.map((_cell, at) =>
          Math.max(options.minWidth, Math.max(...table.map((row) => (row[at] ?? "").length)) + options.padding),
        );
        for (const [at, row] of table.entries()) {
          const expected = row.map((text, column) => (column < widths.length ? text.padEnd(widths[column] ?? 0) : text)).join("");
          expect(lines[at]).toBe(expected);
        }
      }),
    );
  });
});

test("a column ends where a row has no such cell", () => {
  expect(laidOut([["a", "b"], ["alone"], ["longer", "c"]], describeColumns)).toEqual(["a  b", "alone", "longer  c"]);
});

test("get's columns never get narrower; describe's do", () => {
  const widths = (options: TabOptions): string[] => {
    const writer = new TabWriter(options);
    writer.write("a-long-name\tx\n");
    const first = writer.flush();
    writer.write("b\ty\n");
    return [first, writer.flush()];
  };
  expect(widths(getColumns)).toEqual(["a-long-name   x\n", "b             y\n"]);
  expect(widths(describeColumns)).toEqual(["a-long-name  x\n", "b  y\n"]);
});

test("widths are counted in characters, not in UTF-16 units", () => {
  expect(
    laidOut(
      [
        ["😀é", "x"],
        ["abc", "y"],
      ],
      describeColumns,
    ),
  ).toEqual(["😀é   x", "abc  y"]);
});

test("nothing written is nothing", () => {
  expect(new TabWriter().flush()).toBe("");
});
