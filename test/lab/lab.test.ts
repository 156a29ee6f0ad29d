/** The deployment lab on a real cluster, with the genuine kubectl and with cox in its place: every command of docs/lab.md, and what a person must see at each step. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseGuide } from "../../src/cli/lab/guide.ts";
import { genuineTools, ordinaryUser, type RealCluster, realCluster, root } from "./realCluster.ts";

/** Step title's first word to what the output of its n-th block must match. */
const mustShow: Readonly<Record<string, readonly (readonly RegExp[])[]>> = {
  "1.": [
    [/^GROUP:\s+apps$/m, /^KIND:\s+Deployment$/m, /^VERSION:\s+v1$/m, /DESCRIPTION:\n\s+\S+/],
    [/strategy\t<DeploymentStrategy>/, /rollingUpdate\t<RollingUpdateDeployment>/, /containers\t<\[\]Container> -required-/],
    [/^FIELD: name <string>$/m],
  ],
  "2.": [
    [
      /deployment\.apps\/auth created/,
      /successfully rolled out/,
      /auth\s+1\/1\s+1\s+1/,
      /auth-\w+\s+1\s+1\s+1/,
      /auth-\w+-\w{5}\s+1\/1\s+Running\s+0/,
    ],
    [
      /ScalingReplicaSet/,
      /Scaled up replica set auth-\w+ from 0 to 1/,
      /SuccessfulCreate/,
      /Successfully assigned default\/auth-/,
      /Started/,
    ],
    [/service\/auth created/],
  ],
  "3.": [[/deployment "hello" successfully rolled out/, /deployment.apps\/hello\s+3\/3\s+3\s+3/]],
  "4.": [
    [/secret\/tls-certs created/, /configmap\/nginx-frontend-conf created/, /deployment "frontend" successfully rolled out/],
    [/frontend\s+LoadBalancer\s+10\.\d+\.\d+\.\d+\s+127\.\d+\.\d+\.\d+\s+443:3\d+\/TCP/],
    [/"message":"Hello"/],
    [/"message":"Hello"/],
  ],
  "5.": [[/pod "hello-\S+" deleted/, /(hello-\S+\s+1\/1\s+Running\s.*\n){3}/]],
  "6.": [
    [/deployment.apps\/hello scaled/, /^5$/m],
    [/deployment.apps\/hello scaled/, /^3$/m],
  ],
  "7.": [
    [/deployment.apps\/hello edited/, /^1 .*\n2 /m],
    [/deployment.apps\/hello paused/, /hello-\S+\t\tkelseyhightower\/hello:/],
    [/deployment.apps\/hello resumed/, /successfully rolled out/],
  ],
  "8.": [
    [/deployment.apps\/hello rolled back/, /successfully rolled out/, /^2 .*\n3 /m, /kelseyhightower\/hello:1\.0\.0/],
    [/image updated/, /4\s+hello 2\.0\.0/, /kelseyhightower\/hello:2\.0\.0/],
    [/rolled back/, /deployment.apps\/hello restarted/],
    [/configured/],
    [/^hello-/m],
  ],
  "9.": [[/hello-canary\s+1\/1/], [/2\.0\.0\s+█/], [/Each client stayed on one side/], [/deleted/]],
  "10.": [[/service\/hello configured/], [/1\.0\.0\s+█+\s+100 %/], [/2\.0\.0\s+█+\s+100 %/], [/1\.0\.0\s+█+\s+100 %/]],
};

const steps = parseGuide(readFileSync(join(root, "docs/lab.md"), "utf8"));
const tools = genuineTools();
const root0 = process.getuid?.() === 0;
const users = root0
  ? [
      { who: "root", as: undefined, own: false },
      { who: "an ordinary user", as: ordinaryUser, own: false },
      // Until explain, describe and exec are there too, only when asked for.
      ...(process.env["LAB_WITH_COX"] === undefined ? [] : [{ who: "root, with cox as kubectl", as: undefined, own: true }]),
    ]
  : [{ who: "an ordinary user", as: undefined, own: false }];

if (tools === undefined) console.log("skipped: the lab needs the genuine kubectl, which can't be had here");

describe.each(users)("the lab as $who", ({ as, own }) => {
  let cluster: RealCluster;
  beforeAll(async () => {
    if (tools === undefined) return;
    cluster = await realCluster({ name: "bootcamp", nodes: 5, tools, ownKubectl: own, ...(as === undefined ? {} : { as }) });
    const written = await cluster.sh("cox lab init lab");
    expect(written.code, written.stderr).toBe(0);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  it.skipIf(tools === undefined)("covers every step of the guide", () => {
    expect(steps.map((step) => [step.title.split(" ")[0], step.blocks.length])).toEqual(
      Object.entries(mustShow).map(([title, blocks]) => [title, blocks.length]),
    );
  });

  it.skipIf(tools === undefined)("has five Ready nodes", async () => {
    const nodes = await cluster.sh("kubectl get nodes --no-headers");
    expect(nodes.stdout.match(/ Ready /g)).toHaveLength(5);
  });

  for (const step of steps) {
    it.skipIf(tools === undefined)(step.title, async () => {
      for (const [at, block] of step.blocks.entries()) {
        const result = await cluster.sh(`cd lab\n${block.commands.join("\n")}`);
        expect(result.code, `${block.commands.join("\n")}\n${result.stdout}${result.stderr}`).toBe(0);
        for (const pattern of mustShow[step.title.split(" ")[0] ?? ""]?.[at] ?? []) expect(result.stdout + result.stderr).toMatch(pattern);
      }
    });
  }
});

describe("the guide", () => {
  it("has the same commands in Korean", () => {
    const commands = (file: string): string[][] =>
      parseGuide(readFileSync(join(root, "docs", file), "utf8")).flatMap((step) => step.blocks.map((block) => [...block.commands]));
    expect(commands("lab.ko.md")).toEqual(commands("lab.md"));
    expect(commands("lab.md").length).toBeGreaterThan(20);
  });
});
