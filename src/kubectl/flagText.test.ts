import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsvLine, parseInteger, parseUnsigned } from "./flagText.ts";

test("a record of quoted fields gives the fields back", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
      const line = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
      expect(parseCsvLine(line)).toEqual({ fields });
    }),
  );
});

test("fields without quotes are what stands between the commas", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (line) => {
      fc.pre(!line.includes('"'));
      expect(parseCsvLine(line)).toEqual({ fields: line.split(",") });
    }),
  );
});

test("integers up to their limits, in every base that Go reads", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
      const size = Math.abs(value);
      const sign = value < 0 ? "-" : "";
      for (const text of [`${size}`, `0x${size.toString(16)}`, `0b${size.toString(2)}`, `0o${size.toString(8)}`]) {
        expect(parseInteger(sign + text, 32)).toEqual({ value: value + 0 });
      }
    }),
  );
});

test.each([
  ["2147483648", "value out of range"],
  ["-2147483649", "value out of range"],
  ["1.5", "invalid syntax"],
  ["", "invalid syntax"],
  ["09", "invalid syntax"],
  ["1__0", "invalid syntax"],
  ["1_", "invalid syntax"],
])("%j is no int32", (text, reason) => {
  expect(parseInteger(text, 32)).toEqual({ problem: `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${reason}` });
});

test("unsigned ones have no sign", () => {
  expect(parseUnsigned("65535", 16)).toEqual({ value: 65_535 });
  expect(parseUnsigned("+1", 16)).toHaveProperty("problem");
  expect(parseUnsigned("65536", 16)).toEqual({ problem: 'strconv.ParseUint: parsing "65536": value out of range' });
});
