import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verb } from "../command.ts";
import { bool, list, text } from "../flags.ts";
import type { Output } from "../host.ts";
import type { VerbEntry } from "../verbs.ts";
import { applyPreferences, type CommandLine } from "./applying.ts";
import { decodePreferences } from "./decoding.ts";
import type { Preferences } from "./model.ts";
import { givenKuberc, kubercPlace } from "./place.ts";

const get = verb({
  name: "get",
  flags: { output: text({ short: "o" }), selector: text({ short: "l" }), watch: bool({ short: "w" }), filename: list({ short: "f" }) },
  run: () => Promise.resolve(),
});
const entries: readonly VerbEntry[] = [{ name: "get", load: () => Promise.resolve(get) }];

function preferences(text: string): Preferences {
  const decoded = decodePreferences(`apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n${text}`, "kuberc");
  if (decoded === undefined) throw new Error("nothing decoded");
  return decoded.preferences;
}

async function applied(text: string, ...words: string[]): Promise<CommandLine & { said: string }> {
  let said = "";
  const err = { write: (part: string) => void (said += part) } as unknown as Output;
  return { ...(await applyPreferences(preferences(text), { words, entries, preset: [] }, { env: {}, err, programName: "kubectl" })), said };
}

const wide = "defaults:\n- command: get\n  options:\n  - {name: output, default: wide}\n";
const nodes =
  "aliases:\n- name: nodes\n  command: get\n  prependArgs: [nodes]\n  appendArgs: [--show-labels]\n  options:\n  - {name: output, default: name}\n";

describe("defaults", () => {
  test("stand where the flag wasn't given, in whatever form it may be", async () => {
    expect((await applied(wide, "get", "pods")).preset).toEqual(["--output=wide"]);
    for (const given of [["-oname"], ["-o", "name"], ["--output=name"], ["--output", "name"], ["-wo", "name"]]) {
      expect((await applied(wide, "get", "pods", ...given)).preset).toEqual([]);
    }
  });

  test("leave other verbs and bare command lines alone", async () => {
    expect((await applied(wide, "--context=x")).preset).toEqual([]);
    expect((await applied(wide, "plugin", "x")).preset).toEqual([]);
  });

  test("of verbs that aren't there are told and passed over", async () => {
    const { said, preset } = await applied("defaults:\n- command: nope\n", "get");
    expect(said).toBe('Warning: command "nope" not found to set kuberc override\n');
    expect(preset).toEqual([]);
  });

  test("of flags that aren't there, or with values that can't be, are refused", async () => {
    await expect(applied(wide.replace("output", "nope"), "get")).rejects.toThrow("invalid flag nope for command get");
    await expect(applied(wide.replace("output", "watch"), "get")).rejects.toThrow(
      'could not apply override value wide to flag watch in command get err: invalid argument "wide" for "-w, --watch" flag',
    );
  });
});

describe("aliases", () => {
  test("their arguments stand around the user's", async () => {
    const word = fc.stringMatching(/^[a-mp-z]+$/).filter((one) => one !== "get");
    await fc.assert(
      fc.asyncProperty(fc.array(word), async (given) => {
        const line = await applied(nodes, "--disable-compression", "nodes", ...given);
        expect(line.words).toEqual(["--disable-compression", "nodes", "nodes", ...given, "--show-labels"]);
      }),
      { numRuns: 20 },
    );
    const line = await applied(nodes, "nodes", "one");
    expect(line).toMatchObject({ words: ["nodes", "nodes", "one", "--show-labels"], preset: ["--output=name"] });
    expect(await line.entries.at(-1)?.load()).toMatchObject({ name: "nodes", flags: get.flags, helpPath: ["get"] });
  });

  test("a verb can't be one", async () => {
    expect((await applied(nodes.replace("name: nodes", "name: get"), "get", "x")).words).toEqual(["get", "x"]);
  });

  test("of what isn't there are refused once they are used", async () => {
    const lost = "aliases:\n- {name: lost, command: nope twice}\n";
    await expect(applied(lost, "lost")).rejects.toThrow('command "nope twice" not found to set alias "lost": [nope twice]');
    expect((await applied(lost, "get")).preset).toEqual([]);
  });
});

describe("the file", () => {
  test("nothing in it is no preferences", () => {
    expect(decodePreferences("\n---\n\n", "x")).toBeUndefined();
  });

  test("wrong types make a document unusable; unknown fields don't", () => {
    const text = (value: string): string => `apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n${value}`;
    expect(() => decodePreferences(text("aliases: {}"), "x")).toThrow("no valid preferences found in x");
    expect(decodePreferences(text("b: 1\naliases:\n- {a: 1, name: ab, command: get}\n"), "x")?.problem).toBe(
      'strict decoding error: unknown field "aliases[0].a", unknown field "b"',
    );
  });
});

test("where it is looked for", () => {
  expect(kubercPlace("", {}, "/home")).toEqual({ path: "/home/.kube/kuberc", explicit: false });
  expect(kubercPlace("", { KUBERC: "/k" }, "/home")).toEqual({ path: "/k", explicit: true });
  expect(kubercPlace("/x", { KUBERC: "/k" }, "/home")).toEqual({ path: "/x", explicit: true });
  expect(kubercPlace("", { KUBERC: "off" }, "/home")).toBeUndefined();
  expect(givenKuberc(["get", "--kuberc", "a"])).toBe("a");
  expect(givenKuberc(["get", "--kuberc=a"])).toBe("a");
  expect(givenKuberc(["exec", "x", "--", "--kuberc=a"])).toBe("");
  expect(() => givenKuberc(["get", "--kuberc"])).toThrow("kuberc file is not found");
});
