import { expect, test } from "vitest";
import { commands } from "./commandTable.ts";
import { isOwn, ownWords } from "./ownWords.ts";

test("the first words of all commands, and no others", () => {
  const options = [...ownWords].filter((word) => word.startsWith("-") || word === "help");
  expect([...ownWords].toSorted()).toEqual([...new Set([...commands.map(({ name }) => name.split(" ")[0] ?? ""), ...options])].toSorted());
});

test("the table's names are the commands' own", async () => {
  const loaded = await Promise.all(commands.map(({ load }) => load()));
  expect(loaded.map(({ name }) => name)).toEqual(commands.map(({ name }) => name));
});

test.each([
  ["up", true],
  ["", true],
  ["--version", true],
  ["run hello", true],
  ["run hello --image=nginx", false],
  ["run hello --image nginx", false],
  ["run -- kubectl run x --image nginx", true],
  ["get pods", false],
  ["kubectl up", false],
  ["-n x get pods", false],
])("cox %s: own? %s", (line, own) => {
  expect(isOwn(line.split(" ").filter((word) => word !== ""))).toBe(own);
});
