/** The deployment lab on a real cluster, with the genuine kubectl and with cox in its place: every command of docs/lab.md, and what a person must see at each step. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseGuide } from "../../src/cli/lab/guide.ts";
import { debianImage, missingPrograms } from "../images/debianImages.ts";
import { type DebianRegistry, debianRegistry, whyNoRegistry } from "../images/debianRegistry.ts";
import { type PrivateContainerd, privateContainerd, whyNoContainerd } from "../node/cri/privateContainerd.ts";
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
/** `nginx`: the real one, pulled from a registry in place of the stand-in. */
interface Way {
  readonly who: string;
  readonly as?: typeof ordinaryUser;
  readonly own?: boolean;
  readonly nginx?: true;
  readonly containerd?: boolean;
}
const whyStandInsOnly =
  whyNoRegistry() ?? (missingPrograms(["busybox", "nginx"]).length > 0 ? "nginx or busybox is not installed" : undefined);
if (whyStandInsOnly !== undefined) console.log(`skipped: the lab with real nginx: ${whyStandInsOnly}`);
const whyNotOnContainerd = whyNoContainerd();
if (whyNotOnContainerd !== undefined) console.log(`skipped: the lab on containerd: ${whyNotOnContainerd}`);
const ordinary = root0 ? { as: ordinaryUser } : {};
const users: readonly Way[] = [
  ...(root0 ? [{ who: "root" }] : []),
  { who: "an ordinary user", ...ordinary },
  ...(root0 ? [{ who: "root, with cox as kubectl", own: true }] : []),
  ...(whyNotOnContainerd === undefined ? [{ who: "root, on containerd", containerd: true }] : []),
  ...(root0 && whyStandInsOnly === undefined ? [{ who: "root, with real nginx", nginx: true } as const] : []),
  ...(whyStandInsOnly === undefined ? [{ who: "an ordinary user, with real nginx", nginx: true, ...ordinary } as const] : []),
];

describe.skipIf(tools === undefined).each(users)("the lab as $who", ({ as, own = false, nginx, containerd: onContainerd = false }) => {
  let cluster: RealCluster;
  let registry: DebianRegistry | undefined;
  let containerd: PrivateContainerd | undefined;
  beforeAll(async () => {
    if (tools === undefined) return;
    if (onContainerd) containerd = await privateContainerd();
    const up = containerd === undefined ? [] : ["--runtime", `cri=${containerd.socket}`];
    cluster = await realCluster({ name: "bootcamp", nodes: 5, tools, ownKubectl: own, up, ...(as === undefined ? {} : { as }) });
    const written = await cluster.sh("cox lab init lab");
    expect(written.code, written.stderr).toBe(0);
    if (nginx === undefined) return;
    registry = await debianRegistry();
    const image = await registry.push("library/nginx:1.22", debianImage("nginx"));
    const swapped = await cluster.sh(
      `sed -i 's|image: nginx:.*|image: ${image}|' lab/deployments/frontend.yaml && grep -c ${image} lab/deployments/frontend.yaml`,
    );
    expect(swapped.stdout).toBe("1\n");
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    await containerd?.[Symbol.asyncDispose]();
  });

  it("covers every step of the guide", () => {
    expect(steps.map((step) => [step.title.split(" ")[0], step.blocks.length])).toEqual(
      Object.entries(mustShow).map(([title, blocks]) => [title, blocks.length]),
    );
  });

  it("has five Ready nodes", async () => {
    const nodes = await cluster.sh("kubectl get nodes --no-headers");
    expect(nodes.stdout.match(/ Ready /g)).toHaveLength(5);
  });

  for (const step of steps) {
    it(step.title, async () => {
      for (const [at, block] of step.blocks.entries()) {
        const result = await cluster.sh(`cd lab\n${block.commands.join("\n")}`);
        expect(result.code, `${block.commands.join("\n")}\n${result.stdout}${result.stderr}`).toBe(0);
        for (const pattern of mustShow[step.title.split(" ")[0] ?? ""]?.[at] ?? []) expect(result.stdout + result.stderr).toMatch(pattern);
      }
    });
  }

  it.each(onContainerd ? ["containerd"] : [])("ran on %s, where nothing of it is left when it is down", async () => {
    const nodes = await cluster.sh("kubectl get nodes -o jsonpath='{.items[*].status.nodeInfo.containerRuntimeVersion}'");
    expect(nodes.stdout).toMatch(/^(containerd:\/\/\S+ ?){5}$/);
    expect(containerd?.containers()).not.toEqual([]);
    await cluster.cox("down", "--name", "bootcamp");
    expect(containerd?.containers()).toEqual([]);
  });

  it.each(nginx === undefined ? [] : ["nginx"])("was served by the real %s, whose logs are the pod's", async () => {
    const pods = await cluster.sh(
      "kubectl get pods -l app=frontend -o jsonpath='{.items[*].spec.containers[*].image} {.items[*].status.containerStatuses[*].imageID}'",
    );
    expect(pods.stdout).toMatch(/^127\.0\.0\.1:\d+\/library\/nginx:1\.22 sha256:/);
    expect((await cluster.sh("kubectl exec deployment/frontend -- nginx -v")).stderr).toMatch(/nginx version: nginx\/1\.22/);
    const log = await cluster.sh("kubectl logs deployment/frontend | grep -c '\"GET /version HTTP/1.1\" 200'");
    expect(Number(log.stdout)).toBeGreaterThan(10);
  });
});

describe("the guide", () => {
  it("has the same commands in Korean", () => {
    const commands = (file: string): string[][] =>
      parseGuide(readFileSync(join(root, "docs", file), "utf8")).flatMap((step) => step.blocks.map((block) => [...block.commands]));
    expect(commands("lab.ko.md")).toEqual(commands("lab.md"));
    expect(commands("lab.md").length).toBeGreaterThan(20);
  });
});
