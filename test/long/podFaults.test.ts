/** Pods by the thousand, and kill -9 of each of our processes while requests come in: what is left, and what comes back. On a real cluster. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { treeOf } from "../../src/host-node/runtime/processes.ts";
import { genuineTools, realCluster, type RealCluster, untilTrue } from "../lab/realCluster.ts";

const tools = genuineTools();
const name = "faults";
/** POD_ROUNDS=1 for a short look. */
const rounds = Number(process.env["POD_ROUNDS"] ?? 10);
const perRound = 100;
let cluster: RealCluster;

beforeAll(async () => {
  if (tools !== undefined) cluster = await realCluster({ name, nodes: 2, tools });
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const stateOf = (...parts: string[]): string => join(cluster.folder, "state", name, ...parts);
const facts = (): { agentPid: number } => JSON.parse(readFileSync(stateOf("run", "facts.json"), "utf8")) as { agentPid: number };

async function ok(command: string, timeoutMs = 300_000): Promise<string> {
  const { code, stdout, stderr } = await cluster.sh(command, timeoutMs);
  expect(code, `${command}: ${stderr}`).toBe(0);
  return stdout;
}

/** The program and arguments of a process; empty when it is gone. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function namespaceOf(pid: number, kind: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return "";
  }
}

function foldersBelow(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isDirectory()).length;
}

/** All that pods take of the machine. */
function taken(): Readonly<Record<string, number>> {
  const { agentPid } = facts();
  const tree = treeOf(agentPid);
  const lines = (path: string): number => readFileSync(`/proc/${agentPid}/${path}`, "utf8").trim().split("\n").length;
  const groups = readFileSync(stateOf("run", "cgroups"), "utf8").split("\n").filter(Boolean);
  const distinct = (kind: string): number => new Set(tree.map((pid) => namespaceOf(pid, kind))).size;
  return {
    processes: tree.length,
    mounts: lines("mountinfo"),
    interfaces: lines("net/dev"),
    routes: lines("net/route"),
    networks: distinct("net"),
    mountNamespaces: distinct("mnt"),
    groups: groups.reduce((sum, folder) => sum + foldersBelow(folder), 0),
    volumes: readdirSync(stateOf("volumes"), { recursive: true }).length,
    logs: readdirSync(stateOf("logs", "pods"), { recursive: true }).length,
    scratch: readdirSync(`/proc/${agentPid}/root${stateOf("shelf", "scratch")}`).length,
  };
}

function manifest(round: number, count: number): string {
  const pods = Array.from({ length: count }, (_, n) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p-${round}-${n}`, labels: { round: String(round) } },
    spec: {
      containers: [
        {
          name: "main",
          image: "kelseyhightower/hello:1.0.0",
          command: ["sh", "-c", "echo up; sleep 1000 & exec sleep 1000"],
          resources: { limits: { memory: "32Mi" } },
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        },
      ],
      volumes: [{ name: "data", emptyDir: {} }],
    },
  }));
  return pods.map((pod) => JSON.stringify(pod)).join("\n---\n");
}

describe.skipIf(tools === undefined)("1,000 pods", () => {
  it("leave no process, mount, namespace, address, group, file or folder", async () => {
    const round = async (number: number, count: number): Promise<void> => {
      await ok(`cat > pods.yaml <<'END'\n${manifest(number, count)}\nEND\nkubectl apply -f pods.yaml >/dev/null`);
      await ok(`kubectl wait --for=condition=Ready pod -l round=${number} --timeout=240s >/dev/null`);
      await ok(`kubectl delete pod -l round=${number} --grace-period=1 --wait=true >/dev/null`);
    };
    await round(0, 5);
    await untilTrue(() => taken()["scratch"] === 1, "the first pods are gone");
    const before = taken();
    for (let number = 1; number <= rounds; number += 1) await round(number, perRound);
    // The kernel takes network namespaces apart in its own time.
    await untilTrue(() => JSON.stringify(taken()) === JSON.stringify(before), "all is gone").catch(() => undefined);
    expect(taken()).toEqual(before);
  }, 1_800_000);
});

interface Answers {
  good: number;
  bad: number;
}

/** Asks without end over connections of its own, eight at a time. */
function load(url: () => string): { readonly answers: Answers; stop(): Promise<void> } {
  const answers = { good: 0, bad: 0 };
  const end = { asked: false };
  const asker = async (): Promise<void> => {
    while (!end.asked) {
      const isGood = await once(url());
      if (isGood) answers.good += 1;
      else answers.bad += 1;
      // What is refused at once must not be asked a million times.
      if (!isGood) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const all = Promise.all(Array.from({ length: 8 }, asker));
  return {
    answers,
    async stop() {
      end.asked = true;
      await all;
    },
  };
}

function once(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request(`${url}/version`, { agent: false, timeout: 2000 }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode === 200));
      response.on("error", () => resolve(false));
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", () => resolve(false));
    outgoing.end();
  });
}

/** Below the agent's process 1, the programs whose command line has all these words. */
function ours(...words: readonly string[]): readonly number[] {
  return treeOf(facts().agentPid).filter((pid) => words.every((word) => commandOf(pid).includes(word)));
}

describe.skipIf(tools === undefined)("kill -9 under load", () => {
  let url = "";
  beforeAll(async () => {
    await ok("kubectl create deployment web --image=kelseyhightower/hello:1.0.0 --replicas=4");
    await ok("kubectl expose deployment web --type=LoadBalancer --port=8080 --target-port=80");
    await ok("kubectl rollout status deployment web --timeout=120s");
    await ok("kubectl wait --for=jsonpath='{.status.loadBalancer.ingress}' service/web --timeout=30s");
    await answersAgain();
  }, 300_000);

  async function answersAgain(): Promise<void> {
    let streak = 0;
    for (let tries = 0; streak < 50; tries += 1) {
      if (tries > 3000) throw new Error("the Service doesn't answer any more");
      // Where a port is somebody else's, the Service gets another one.
      if (tries % 100 === 0) url = (await ok(`cox service url web --name ${name}`)).trim();
      streak = (await once(url)) ? streak + 1 : 0;
      if (streak === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Kills, waits until everything serves again, and tells how many requests failed meanwhile. */
  async function killed(what: string, pid: number): Promise<void> {
    expect(pid, `${what} was found`).toBeGreaterThan(0);
    const running = load(() => url);
    await untilTrue(() => running.answers.good > 200, "requests are answered");
    const began = performance.now();
    process.kill(pid, "SIGKILL");
    await untilTrue(() => commandOf(pid) === "", `${what} is gone`);
    await ok("kubectl rollout status deployment web --timeout=120s");
    await ok("kubectl wait --for=condition=Ready node --all --timeout=60s");
    await ok("kubectl wait --for=condition=Ready pod -l app=web --timeout=120s");
    await answersAgain();
    await running.stop();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(
      `kill -9 of ${what}: ${running.answers.bad} of ${running.answers.bad + running.answers.good} requests failed, all well again after ${seconds} s`,
    );
  }

  it.each([
    ["a container's program", () => ours("program.cjs").at(0)],
    ["the shell that holds a container", () => ours("unshare", "/hello").at(0)],
  ])("of %s: its container is started again, once", async (what, pid) => {
    const restarts = async (): Promise<number> => {
      const counts = await ok("kubectl get pods -l app=web -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'");
      return counts.split(" ").reduce((sum, count) => sum + Number(count), 0);
    };
    const before = await restarts();
    await killed(what, pid() ?? 0);
    expect(await restarts()).toBe(before + 1);
  });

  it("of a pod's sandbox: the pod gets a new one", async () => {
    await killed("a pod's sandbox", ours("sleep 2147483647")[0] ?? 0);
    expect(await ok("kubectl get events --field-selector reason=SandboxChanged -o name")).not.toBe("");
  });

  it("of the agent: its nodes and all their pods come back", async () => {
    const before = facts().agentPid;
    await killed("the node agent", ours("agent.cjs").at(-1) ?? 0);
    expect(facts().agentPid).not.toBe(before);
    expect((await ok("kubectl get nodes -o name")).trim().split("\n")).toHaveLength(2);
  });

  it("of the agent's tools: new pods get their network all the same", async () => {
    await killed("the session that makes interfaces", ours("ip ", "-batch")[0] ?? 0);
    await ok("kubectl scale deployment web --replicas=6");
    expect(await ok("kubectl rollout status deployment web --timeout=120s")).toContain("successfully rolled out");
  });

  it("of the control plane: `cox up` brings everything back", async () => {
    const { pid } = JSON.parse(readFileSync(stateOf("run", "pid"), "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
    await untilTrue(() => commandOf(pid) === "" && commandOf(facts().agentPid) === "", "it and its agent are gone");
    await ok(`cox up --name ${name}`);
    await ok("kubectl rollout status deployment web --timeout=120s");
    await answersAgain();
    const groups = readFileSync(stateOf("run", "cgroups"), "utf8").split("\n").filter(Boolean);
    // Two nodes with three classes each, six pods with a container each: nothing of before.
    const expected = 2 * (1 + 1 + 2) + 6 * 2;
    await expect.poll(() => groups.map(foldersBelow), { timeout: 10_000 }).toEqual(groups.map(() => expected));
  });
});
