import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCox } from "./cox.ts";

async function run(
  line: string,
  home = "/nonexistent",
): Promise<{ readonly code: number | undefined; readonly out: string; readonly err: string }> {
  const said = { out: "", err: "" };
  const code = await runCox({
    args: line.split(" "),
    env: { COX_HOME: home },
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

test("a name that is given as an operand is refused: another cluster would be meant", async () => {
  for (const verb of ["up", "down", "status", "kubeconfig"]) {
    const message = `Error: cox ${verb} takes no operands; to name the cluster: cox ${verb} --name bootcamp\n`;
    expect(await run(`${verb} bootcamp`)).toEqual({ code: 2, out: "", err: message });
  }
  expect((await run("list bootcamp")).err).toBe("Error: cox list takes no operands; 'cox list --help' shows its options.\n");
  expect((await run("lab frob")).err).toMatch(/^Error: There is no 'cox lab frob'\.\n/);
});

test("a cluster that there isn't: which there are", async () => {
  const home = mkdtempSync(join(tmpdir(), "cox-home-"));
  try {
    expect((await run("status --name a", home)).err).toBe(`Error: There is no cluster "a": start one with 'cox up --name a'.\n`);
    for (const name of ["b", "c"]) {
      mkdirSync(join(home, name));
      writeFileSync(join(home, name, "cluster.json"), "{}");
    }
    const message = `Error: There is no cluster "a": start one with 'cox up --name a', or name one that there is: --name b|c.\n`;
    for (const verb of ["status", "down", "kubeconfig"])
      expect(await run(`${verb} --name a`, home)).toEqual({ code: 1, out: "", err: message });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
