/** Rehearsals of what can't be rehearsed: one sentence that says what is wrong, in bounded (virtual) time, and an exit code. */
import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { coxRehearse, type Scratch, scratch, spawnedRehearse } from "../rehearsal/coxRehearse.ts";

let folder: Scratch;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder[Symbol.dispose]());

interface ManifestParts {
  readonly selector?: string;
  readonly env?: string;
  readonly annotations?: string;
  readonly version?: string;
}

function manifest({ selector = "app: shop", env = "", annotations = "", version = "1.0.0" }: ManifestParts = {}): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop }, annotations: { ${annotations} } }
    spec:
      containers:
        - { name: shop, image: "coxswain/rehearsal-app:${version}", env: [${env}], readinessProbe: { httpGet: { path: /, port: 80 }, periodSeconds: 1 } }
---
apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { selector: { ${selector} }, ports: [{ port: 80 }] }
`;
}

const setImage = ["--set-image", "deployment/shop", "shop=coxswain/rehearsal-app:2.0.0"];
const never = 'rehearsal.coxswain.dev/listen-after-ms: "3000000"';

/** Writes the manifest, and rehearses in virtual time. */
async function run(before: string, args: readonly string[]): Promise<{ code: number; text: string }> {
  writeFileSync(folder.path("before.yaml"), before);
  const { code, err } = await coxRehearse(["-f", folder.path("before.yaml"), "--simulate", ...args], folder);
  return {
    code,
    text: err
      .split("\n")
      .filter((line) => !line.startsWith(" - "))
      .join("\n"),
  };
}

describe("what stands before the change", () => {
  test.each<[string, string, string[], RegExp]>([
    [
      "a Service without pods",
      manifest({ selector: "app: nobody" }),
      ["--ready-timeout", "20s"],
      /Service "shop" had no ready pod within 20 s: its selector .*nobody.* matches none that is ready/,
    ],
    [
      "a path that always answers 500",
      manifest({ env: '{ name: ANSWER_STATUS, value: "500" }' }),
      [],
      /^Error: Nothing was rehearsed, .*GET \/ was not answered well \(status 500\)\.$/m,
    ],
    [
      "pods that are never ready",
      manifest({ annotations: never }),
      ["--ready-timeout", "20s"],
      /had 2 of 2 pods updated and 0 ready when its time was up/,
    ],
    ["no object at all", "# nothing\n", [], /There is no object in/],
    ["no Kubernetes object", "a: b\n", [], /is no Kubernetes object: it has no apiVersion and kind/],
    ["broken YAML", "a: [b\n", [], /before\.yaml: /],
    [
      "a kind that nobody knows",
      "apiVersion: shop.example/v1\nkind: Shop\nmetadata: {name: a}\n",
      [],
      /is not a kind that can be rehearsed/,
    ],
  ])("%s", async (_name, before, args, message) => {
    const { code, text } = await run(before, [...setImage, ...args]);
    expect(text).toMatch(message);
    expect(code).toBe(1);
  });
});

test("pods that the selector matches but that are no Deployment's are refused as well", async () => {
  const other = manifest().replace("kind: Deployment", "kind: ReplicaSet");
  expect((await run(other, setImage)).text).toMatch(/There is no Deployment "shop" in the manifests/);
});

test("a change that never becomes ready is told as not completed, with what was seen until then", async () => {
  writeFileSync(folder.path("before.yaml"), manifest());
  writeFileSync(folder.path("after.yaml"), manifest({ version: "2.0.0", annotations: never }));
  const args = ["-f", folder.path("before.yaml"), "--apply", folder.path("after.yaml"), "--simulate", "--change-timeout", "30s"];
  const { code, reports } = await coxRehearse(args, folder);
  expect(code).toBe(1);
  expect(reports[0]?.problems).toEqual([
    expect.stringMatching(/^the change was not completed: Deployment "shop" had \d of 2 pods updated and \d ready/),
  ]);
  expect(reports[0]?.completeMs).toBeUndefined();
  expect(reports[0]?.requests).toBeGreaterThan(1000);
});

describe("the command line", () => {
  test.each<[string, string[], number, RegExp]>([
    [
      "an unknown strategy",
      [...setImage, "--strategy", "teleport"],
      2,
      /^Error: "teleport" is no strategy: there are rolling, recreate, canary, blue-green\.\n$/,
    ],
    ["an unknown strategy to compare", [...setImage, "--compare", "rolling,teleport"], 2, /"teleport" is no strategy/],
    ["no change", [], 2, /Say what the change is/],
    ["two changes", [...setImage, "--apply", "x.yaml"], 2, /Say what the change is/],
    ["half a change", ["--set-image", "deployment/shop"], 2, /Give the image change as 'deployment\/NAME CONTAINER=IMAGE'/],
    [
      "another Deployment",
      ["--set-image", "deployment/other", "a=b:1"],
      1,
      /There is no Deployment "other" in the manifests \(there is shop\)/,
    ],
    ["another container", ["--set-image", "deployment/shop", "web=b:1"], 1, /has no container "web" \(it has shop\)/],
    ["another Service", [...setImage, "--service", "other"], 1, /There is no Service "other"/],
    ["another port", [...setImage, "--port", "81"], 1, /^Error: Service "shop" has no port 81\.$/m],
    ["a rate of 0", [...setImage, "--rate", "0"], 2, /--rate 0: give a number above 0/],
    ["two strategies without a comparison", [...setImage, "--strategy", "rolling,recreate"], 2, /"rolling,recreate" is no strategy/],
    [
      "a strategy and a comparison",
      [...setImage, "--strategy", "rolling", "--compare", "canary"],
      2,
      /Give one strategy with --strategy, or/,
    ],
    ["a cluster for a simulation", [...setImage, "--context", "cox-a"], 2, /--simulate is done without a cluster/],
    ["more connections than there can be", [...setImage, "--keep-alive", "10001"], 2, /--keep-alive 10001: at most 10000/],
    ["no time for an answer", [...setImage, "--timeout", "0s"], 2, /--timeout 0s: give a duration above 0/],
    ["standard input twice", ["-f", "-", "--apply", "-"], 2, /Standard input can be read only once/],
    ["too high a rate", [...setImage, "--rate", "200000"], 2, /--rate 200000: at most 100000/],
    ["a path without a slash", [...setImage, "--path", "x"], 2, /it must begin with '\/'/],
    ["a header without a colon", [...setImage, "-H", "x"], 2, /give a header as 'Name: value'/],
    ["an unknown source of versions", [...setImage, "--version-from", "tag"], 2, /give image, label:NAME, header:NAME or json:\.PATH/],
    ["an unknown source of pods", [...setImage, "--pod-from", "image"], 2, /give header:NAME or json:\.PATH/],
    ["an unknown profile", [...setImage, "--propagation", "fast"], 2, /is none of instant, typical, slow/],
    ["a duration without a unit", [...setImage, "--timeout", "5"], 2, /give a duration such as 500ms/],
    ["no nodes", [...setImage, "--nodes", "0"], 2, /--nodes 0: give a whole number above 0/],
    ["an unknown place", [...setImage, "--from", "moon"], 2, /give outside or pod or pod-ip/],
  ])("%s", async (_name, args, code, message) => {
    const ran = await run(manifest(), args);
    expect(ran.text).toMatch(message);
    expect(ran.code).toBe(code);
  });

  test("nothing that stands before", async () => {
    const { code, err } = await coxRehearse([...setImage, "--simulate"], folder);
    expect([code, err]).toEqual([2, "Error: Say what stands before the change: -f PATH.\n"]);
  });

  test("nodes for a cluster that runs already", async () => {
    const { code, err } = await coxRehearse(["-f", "x.yaml", ...setImage, "--context", "cox-a", "--nodes", "2"], folder);
    expect([code, err]).toEqual([2, expect.stringMatching(/--nodes is for a cluster that is started/)]);
  });

  test("manifests come from standard input, too", async () => {
    const { code, out } = await spawnedRehearse(["-f", "-", ...setImage, "--simulate"], folder, {}, manifest());
    expect([code, out]).toEqual([0, expect.stringMatching(/^Rehearsal of shop, rolling: \d+ of \d+ requests failed/m)]);
  });

  test("a folder without manifests, and files that can't be written, show before anything runs", async () => {
    mkdirSync(folder.path("empty"));
    expect((await run(manifest(), ["--apply", folder.path("empty")])).text).toMatch(
      /The folder .*empty has no \.yaml, \.yml or \.json file/,
    );
    expect((await run(manifest(), ["--apply", folder.path("gone")])).text).toMatch(/gone can't be read/);
    const lost = await run(manifest(), [...setImage, "--report", folder.path("gone/page.html")]);
    expect(lost.text).toMatch(/page\.html can't be written: there is no folder/);
  });
});

describe("limits", () => {
  test("each broken one is told, and makes the exit code 1; kept ones make it 0", async () => {
    writeFileSync(folder.path("before.yaml"), manifest());
    const args = [
      "-f",
      folder.path("before.yaml"),
      ...setImage,
      "--simulate",
      "--propagation",
      "instant",
      "--junit",
      folder.path("junit.xml"),
    ];
    const kept = await coxRehearse(
      [...args, "--max-failed", "100000", "--max-p99", "1m", "--max-mixed-time", "1h", "--max-extra-pods", "9"],
      folder,
    );
    expect([kept.code, kept.reports[0]?.passed]).toEqual([0, true]);
    const broken = await coxRehearse(
      [...args, "--max-failed", "0", "--max-p99", "1ms", "--max-mixed-time", "0ms", "--max-extra-pods", "0"],
      folder,
    );
    expect([broken.code, broken.reports[0]?.passed]).toEqual([1, false]);
    expect(broken.reports[0]?.limits.map(({ option, kept: held }) => [option, held])).toEqual([
      ["--max-failed", false],
      ["--max-p99", false],
      ["--max-mixed-time", false],
      ["--max-extra-pods", false],
    ]);
  });

  test("what was given decides, even where its fixes would keep them", async () => {
    writeFileSync(folder.path("before.yaml"), manifest());
    const { code, reports } = await coxRehearse(
      ["-f", folder.path("before.yaml"), ...setImage, "--simulate", "--try-fixes", "--max-failed", "0"],
      folder,
    );
    expect(reports.map(({ strategy, passed }) => [strategy, passed])).toEqual([
      ["rolling", false],
      ["rolling-fixed", true],
    ]);
    expect(code).toBe(1);
  });
});
