/** `cox lab run` from beginning to end, as a person starts it: it gets through, and the version share is seen to move in canary and blue/green. */
import { describe, expect, test } from "vitest";
import { genuineTools, realCluster } from "../lab/realCluster.ts";

const tools = genuineTools();

describe.skipIf(tools === undefined)("cox lab run", () => {
  test("gets through, and shows the share as it moves", async () => {
    const cluster = await realCluster({ name: "labrun", nodes: 3, tools: tools ?? "" });
    try {
      const { code, stdout, stderr } = await cluster.sh("cox lab run --name labrun", 400_000);
      expect(code, `${stdout.slice(-2000)}${stderr}`).toBe(0);
      const [, canary = "", blueGreen = ""] = /=== 9\. Canary([\s\S]*?)=== 10\. Blue\/green([\s\S]*)$/.exec(stdout) ?? [];
      expect(canary).toMatch(/^ {2}now █ 1\.0\.0 \d+ % {2}▒ 2\.0\.0 \d+ %/m);
      // Over to green and back within seconds: both versions show, how far apart depends on the machine, and the end of the canary may cost an answer.
      expect(blueGreen).toMatch(/^ {2}now .*1\.0\.0 \d+ %/m);
      expect(blueGreen).toMatch(/^ {2}now .*2\.0\.0 \d+ %/m);
      expect(stdout.split("=== 9.")[0]).not.toMatch(/^ {2}now /m);
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
  });
});
