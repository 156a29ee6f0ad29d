import { expect, test } from "vitest";
import { suggestions } from "./suggestions.ts";

const known = new Set(["get", "top", "cp", "delete", "rollout"]);

test("verbs that are near, that begin so, or that go by another word", () => {
  expect(suggestions("upp", known)).toEqual(["top", "cp"]);
  expect(suggestions("roll", known)).toEqual(["rollout"]);
  expect(suggestions("rm", known)).toEqual(["delete", "cp"]);
  expect(suggestions("nothing-like-it", known)).toEqual([]);
});

test("the calling program's own verbs go before", () => {
  expect(suggestions("upp", known, ["up", "down"])).toEqual(["up", "top", "cp"]);
});
