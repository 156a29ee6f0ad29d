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

function prepare(kind: Kind, object: KubeObject): void {
  kind.setDefaults(object);
  kind.prepareForCreate(object);
}

/** What a kind says of an object: texts, numbers and flags only. */
function readings(kind: Kind, object: KubeObject): unknown[] {
  const scale = kind.scale?.read(object);
  return [
    ...kind.columns.map((column) => column.cell(object, 0)),
    ...Object.values(kind.selectableFields ?? {}).map((read) => read(object)),
    ...(scale === undefined ? [] : Object.values(scale)),
    ...(kind.warnings?.(object, undefined) ?? []),
    kind.gracePeriodSeconds?.(object, undefined) ?? 0,
  ];
}

function problems(kind: Kind, next: KubeObject, previous: KubeObject): string[] {
  const errors = kind.validate(next, root);
  kind.prepareForUpdate(next, previous);
  errors.push(...kind.validateUpdate(next, previous, root), ...(kind.validateStatusUpdate?.(next, previous, root) ?? []));
  return errors.map((error) => error.path);
}

describe.each(kinds.map((kind) => ({ name: `${kind.group}/${kind.version} ${kind.kind}`, kind })))("$name", ({ kind }) => {
  const values = anObject(structOf(kind.struct));

  it("answers any well-typed object with field errors, never with an exception", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [next, previous] = [decode(kind, a), decode(kind, b)];
        prepare(kind, next);
        prepare(kind, previous);
        for (const reading of readings(kind, next)) expect(["string", "number", "boolean"]).toContain(typeof reading);
        for (const path of problems(kind, next, previous)) expect(path).not.toMatch(/^\.|undefined/);
        kind.specChanged?.(next, previous);
        kind.scale?.write(next, 3);
        expect(kind.scale?.read(next).replicas ?? 3).toBe(3);
      }),
      { numRuns },
    );
    expect.hasAssertions();
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
    expect.hasAssertions();
  });
});

describe.each(kinds.flatMap((kind) => (kind.storedAs === undefined ? [] : [{ name: `${kind.group}/${kind.version} ${kind.kind}`, kind }])))(
  "$name, stored otherwise",
  ({ kind }) => {
    it("loses nothing on the way to its store and back", () => {
      const { storedAs } = kind;
      fc.assert(
        fc.property(anObject(structOf(kind.struct)), (value) => {
          const object = decode(kind, value);
          const stored = storedAs?.toStored(structuredClone(object));
          const back = stored === undefined ? object : storedAs?.fromStored(decode(storedAs.kind, stored));
          expect(decode(kind, back)).toEqual({ ...object, apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind });
        }),
        { numRuns },
      );
      expect.hasAssertions();
    });
  },
);
