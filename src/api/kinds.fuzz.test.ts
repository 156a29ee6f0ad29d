import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Path } from "../machinery/field.ts";
import type { Kind, KubeObject } from "../machinery/kind.ts";
import { conform } from "../schema/conform.ts";
import { structOf } from "../schema/structs.ts";
import { anObject } from "../testing/arbitraryObjects.ts";
import { kinds } from "./registry.ts";

const root = Path.root("");
const numRuns = 60;

function decode(kind: Kind, value: unknown): KubeObject {
  return conform(value, structOf(kind.struct)).object as unknown as KubeObject;
}

/** Everything that the server asks of a kind, on objects that are well-typed and otherwise arbitrary. */
function exercise(kind: Kind, next: KubeObject, previous: KubeObject): void {
  for (const object of [next, previous]) {
    kind.setDefaults(object);
    kind.prepareForCreate(object);
    for (const error of kind.validate(object, root)) expect(error.path.startsWith(".")).toBe(false);
    for (const column of kind.columns) expect(["string", "number", "boolean"]).toContain(typeof column.cell(object, 0));
    for (const read of Object.values(kind.selectableFields ?? {})) expect(typeof read(object)).toBe("string");
    const scale = kind.scale?.read(object);
    if (scale !== undefined) expect(typeof scale.selector).toBe("string");
    kind.scale?.write(object, 3);
    expect(kind.gracePeriodSeconds?.(object, undefined) ?? 0).toBeGreaterThanOrEqual(0);
    kind.warnings?.(object, undefined);
  }
  kind.prepareForUpdate(next, previous);
  kind.validateUpdate(next, previous, root);
  kind.validateStatusUpdate?.(next, previous, root);
  kind.specChanged?.(next, previous);
  kind.warnings?.(next, previous);
  if (kind.storedAs !== undefined) kind.storedAs.fromStored(kind.storedAs.toStored(next));
}

describe.each(kinds.map((kind) => ({ name: `${kind.group}/${kind.version} ${kind.kind}`, kind })))("$name", ({ kind }) => {
  const values = anObject(structOf(kind.struct));

  it("answers any well-typed object with field errors, never with an exception", () => {
    fc.assert(
      fc.property(values, values, (a, b) => exercise(kind, decode(kind, a), decode(kind, b))),
      { numRuns },
    );
  });

  it("defaults are settled: a second time changes nothing, and neither does a round trip", () => {
    fc.assert(
      fc.property(values, (value) => {
        const once = decode(kind, value);
        kind.setDefaults(once);
        const copy = structuredClone(once);
        kind.setDefaults(copy);
        expect(copy).toEqual(once);
        expect(decode(kind, structuredClone(once))).toEqual(once);
      }),
      { numRuns },
    );
  });
});
