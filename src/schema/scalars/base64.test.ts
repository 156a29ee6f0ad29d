import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";

test.each(["", "Yg==", "YWI=", "YWJj", "AP+/"])("%s both ways", (text) => {
  expect(toBase64(fromBase64(text) ?? new Uint8Array([1, 2, 3, 4]))).toBe(text);
});
test.each(["a", "a===", "YW=j", "YWJ*", "====", "ÄÖÜß"])("%s is none", (text) => {
  expect(fromBase64(text)).toBeUndefined();
});
test("new lines are skipped", () => {
  expect(fromBase64("YW\nJj\r\n")).toEqual(new Uint8Array([97, 98, 99]));
});
test("property: bytes survive, however many", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }),
    { numRuns: 30 },
  );
});
