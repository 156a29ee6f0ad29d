import { expect, test } from "vitest";
import { runCox } from "./cox.ts";

async function run(line: string): Promise<{ readonly code: number | undefined; readonly out: string; readonly err: string }> {
  const said = { out: "", err: "" };
  const code = await runCox({
    args: line.split(" "),
    env: {},
    streams: { out: (text) => void (said.out += text), err: (text) => void (said.err += text), colour: false, interactive: false },
    signal: new AbortController().signal,
    version: "test",
  });
  return { code, ...said };
}

test("a word with several verbs behind it lists them", async () => {
  const verbs = /^ {2}image ls {6}Lists the images that were pulled or loaded\.\n {2}image pull /m;
  expect(await run("image --help")).toEqual({ code: 0, out: expect.stringMatching(verbs), err: "" });
  expect(await run("image")).toEqual({ code: 2, out: "", err: expect.stringMatching(verbs) });
  const unknown = await run("image push");
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringMatching(/^Error: There is no 'cox image push'\.\n/)]);
  expect(unknown.err).toMatch(verbs);
  expect(unknown.err).not.toContain("  up ");
});

test("words that are not cox's own are kubectl's", async () => {
  expect(await run("get pods")).toEqual({ code: undefined, out: "", err: "" });
});
