import { expect, test } from "vitest";
import type { Unstructured } from "../resources/unstructured.ts";
import { isSecret, maskedPair } from "./secretMask.ts";

const secret = (data?: Record<string, string>): Unstructured => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s" },
  ...(data === undefined ? {} : { data }),
});

test.each([
  ["the same", { a: "x" }, { a: "x" }, { a: "***" }, { a: "***" }],
  ["changed", { a: "x" }, { a: "y" }, { a: "*** (before)" }, { a: "*** (after)" }],
  ["added", {}, { b: "y" }, {}, { b: "***" }],
  ["removed", { a: "x", b: "y" }, { b: "y" }, { a: "***", b: "***" }, { b: "***" }],
])("values that are %s", (...[, from, to, maskedFrom, maskedTo]) => {
  expect(maskedPair(secret(from), secret(to))).toEqual({ from: secret(maskedFrom), to: secret(maskedTo) });
});

test("a secret that isn't there yet, and one without data", () => {
  expect(maskedPair(undefined, secret({ a: "x" }))).toEqual({ from: undefined, to: secret({ a: "***" }) });
  expect(maskedPair(secret(), secret())).toEqual({ from: secret(), to: secret() });
});

test("what is a Secret", () => {
  expect([isSecret(secret()), isSecret({ ...secret(), kind: "ConfigMap" }), isSecret({ ...secret(), apiVersion: "x/v2" })]).toEqual([
    true,
    false,
    false,
  ]);
});
