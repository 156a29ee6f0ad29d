import { describe, expect, test } from "vitest";
import { ApiError } from "../status.ts";
import { applyJsonPatch } from "./json.ts";

const document = { a: { b: [1, 2, 3], "x/y": 1, "t~": 2 }, s: "text" };

describe("JSON patch", () => {
  test.each([
    ["add a key", [{ op: "add", path: "/a/c", value: null }], { ...document, a: { ...document.a, c: null } }],
    ["add into a list", [{ op: "add", path: "/a/b/1", value: 9 }], { ...document, a: { ...document.a, b: [1, 9, 2, 3] } }],
    ["append", [{ op: "add", path: "/a/b/-", value: 9 }], { ...document, a: { ...document.a, b: [1, 2, 3, 9] } }],
    ["remove the last", [{ op: "remove", path: "/a/b/-1" }], { ...document, a: { ...document.a, b: [1, 2] } }],
    ["replace with escapes", [{ op: "replace", path: "/a/x~1y", value: 2 }], { ...document, a: { ...document.a, "x/y": 2 } }],
    ["move", [{ op: "move", from: "/s", path: "/a/b" }], { a: { ...document.a, b: "text" } }],
    ["copy", [{ op: "copy", from: "/a/b", path: "/c" }], { ...document, c: [1, 2, 3] }],
    [
      "test, then add",
      [
        { op: "test", path: "/a/t~0", value: 2 },
        { op: "add", path: "/n", value: 1 },
      ],
      { ...document, n: 1 },
    ],
    ["replace everything", [{ op: "replace", path: "", value: { z: 1 } }], { z: 1 }],
    ["a missing value equals null", [{ op: "test", path: "/nope", value: null }], document],
  ])("%s", (_, patch, expected) => {
    expect(applyJsonPatch(document, patch)).toEqual(expected);
    expect(document.a.b).toEqual([1, 2, 3]);
  });

  test.each([
    ["a test that fails", [{ op: "test", path: "/s", value: "other" }]],
    ["a path that isn't there", [{ op: "remove", path: "/a/nope" }]],
    ["a parent that isn't there", [{ op: "add", path: "/nope/x", value: 1 }]],
    ["an index beyond the end", [{ op: "add", path: "/a/b/5", value: 1 }]],
    ["no value", [{ op: "add", path: "/x" }]],
    ["an unknown operation", [{ op: "frob", path: "/s" }]],
    ["a path without slash", [{ op: "remove", path: "s" }]],
    ["a move into itself", [{ op: "move", from: "/a", path: "/a/c" }]],
    ["no object", ["remove"]],
  ])("%s is a 422 that tells nothing more", (_, patch) => {
    const error = refusal(() => applyJsonPatch(document, patch));
    expect(error).toMatchObject({
      code: 422,
      reason: "Invalid",
      message: "the server rejected our request due to an error in our request",
    });
  });

  test("what is no list is a 400, and too many operations a 413", () => {
    expect(refusal(() => applyJsonPatch(document, {}))).toMatchObject({ code: 400 });
    const many = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/s", value: "text" }));
    expect(refusal(() => applyJsonPatch(document, many))).toMatchObject({
      code: 413,
      message: "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    });
  });
});

function refusal(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("was accepted");
}
