/** What `--help` prints in a build without upstream's texts. */
import { expect, test } from "vitest";
import { type HelpReader, helpText } from "./help.ts";
import { plainHelp } from "./plainHelp.ts";

const without: HelpReader = { env: {}, files: { home: "/home/me" }, helpTexts: () => Promise.resolve({}) };

test("a verb's flags with their defaults", async () => {
  const help = await plainHelp("rollout undo");
  expect(help).toContain("    --to-revision=0\n");
  expect(help).toContain("    -f, --filename=[]\n");
  expect(help).toMatch(/\nUsage:\n {2}kubectl rollout undo \[options\]\n$/);
});

test("the verbs of a group, and of kubectl itself", async () => {
  expect(await plainHelp("rollout")).toContain("Available Commands:\n  history\n  pause\n  restart\n  resume\n  status\n  undo\n");
  const all = await plainHelp("");
  expect(all).toContain("\n  apply\n");
  expect(all).not.toContain("\n  apply view-last-applied\n");
  expect(all).toContain("    -n, --namespace=''\n");
});

test("upstream's text goes before, with this user's home", async () => {
  const helpTexts = (): Promise<Record<string, string>> =>
    Promise.resolve({ get: "cached under {home}", "apply, with KUBECTL_APPLYSET": "more" });
  expect(await helpText("get", { ...without, helpTexts })).toBe("cached under /home/me");
  expect(await helpText("apply", { ...without, helpTexts, env: { KUBECTL_APPLYSET: "true" } })).toBe("more");
  expect(await helpText("apply", { ...without, helpTexts })).toBeUndefined();
});
