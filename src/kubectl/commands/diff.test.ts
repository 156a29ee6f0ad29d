import { expect, test } from "vitest";
import { diffProgram } from "./diff.ts";

test.each([
  ["", "diff", ["-u", "-N", "a", "b"]],
  ["colordiff", "colordiff", ["a", "b"]],
  ["colordiff -N --width=80", "colordiff", ["a", "b", "-N", "--width=80"]],
  ["sh -c $(rm) x/y ;", "sh", ["a", "b", "-c"]],
])("KUBECTL_EXTERNAL_DIFF=%j", (chosen, program, args) => {
  expect(diffProgram(chosen, ["a", "b"])).toEqual({ program, args });
});
