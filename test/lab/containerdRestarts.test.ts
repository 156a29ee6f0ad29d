/** Pods on containerd outlive whatever of ours ends: the agent, the whole cluster. And `cox down` leaves nothing of it, however it ended. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupsName } from "../../src/daemon/leftGroups.ts";
import { groupMountPoints } from "../../src/host-node/runtime/cgroups/hierarchies.ts";
import { busyboxName, type PrivateContainerd, privateContainerd, whyNoContainerd } from "../node/cri/privateContainerd.ts";
import { genuineTools, type RealCluster, realCluster, untilTrue } from "./realCluster.ts";

const tools = genuineTools();
const why = tools === undefined ? "the genuine kubectl can't be had here" : whyNoContainerd();
if (why !== undefined) console.log(`skipped: restarts beside containerd: ${why}`);

const objects = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      volumes: [{name: memory, emptyDir: {medium: Memory}}]
      containers:
        - name: web
          image: ${busyboxName}
          command: [sh, -c, "echo hello >/data/index.html; exec httpd -f -p 80 -h /data"]
          volumeMounts: [{name: memory, mountPath: /data}]
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}}
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.7.7, selector: {app: web}, ports: [{port: 80}]}
`;

describe.skipIf(why !== undefined)("beside containerd", () => {
  let containerd: PrivateContainerd;
  let cluster: RealCluster;
  const run = async (text: string): Promise<string> => {
    const result = await cluster.sh(text);
    expect(result.code, `${text}\n${result.stdout}${result.stderr}`).toBe(0);
    return result.stdout;
  };
  const pods = (): Promise<string> =>
    run(
      "kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name} {.status.podIP} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{\"\\n\"}{end}'",
    );
  const agentPid = (): number => {
    const facts = readFileSync(join(cluster.folder, "state/crash/run/facts.json"), "utf8");
    return (JSON.parse(facts) as { agentPid: number }).agentPid;
  };
  const groups = (): readonly string[] => groupsBelow(groupsName("crash", join(cluster.folder, "state/crash")));
  const answers = async (): Promise<void> => {
    await run("cox run --name crash -- curl -s --retry 20 --retry-delay 1 --retry-all-errors http://10.96.7.7/ | grep -x hello");
  };
  const crash = async (): Promise<void> => {
    const { pid } = JSON.parse(readFileSync(join(cluster.folder, "state/crash/run/pid"), "utf8")) as { pid: number };
    const agent = agentPid();
    process.kill(pid, "SIGKILL");
    await untilTrue(() => !isAlive(pid) && !isAlive(agent), "control plane and agent are gone");
  };

  beforeAll(async () => {
    containerd = await privateContainerd();
    cluster = await realCluster({ name: "crash", nodes: 2, tools: tools ?? "", up: ["--runtime", `cri=${containerd.socket}`] });
    writeFileSync(join(cluster.folder, "web.yaml"), objects);
    await run("kubectl apply -f web.yaml; kubectl rollout status deployment/web --timeout=60s");
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await containerd?.[Symbol.asyncDispose]();
  });

  it("a killed agent's pods go on, with their addresses, behind their Service", async () => {
    await answers();
    const before = await pods();
    const agent = agentPid();
    process.kill(agent, "SIGKILL");
    await untilTrue(() => agentPid() !== agent, "there is another agent");
    await answers();
    expect(await pods()).toBe(before);
    await run("kubectl exec deployment/web -- wget -qO- http://web/");
  });

  it("a pod that outlived its agent is resized all the same, with its group", async () => {
    const uid = (await run("kubectl get pods -o jsonpath='{.items[0].metadata.uid}'")).trim();
    const name = (await run("kubectl get pods -o jsonpath='{.items[0].metadata.name}'")).trim();
    const limits = (): readonly number[] =>
      groups()
        .filter((path) => path.includes(`/pod${uid}`))
        .flatMap(memoryLimitOf);
    // The pod's, its container's; the sandbox's own has none.
    expect(limits().filter((bytes) => bytes === 64 << 20)).toHaveLength(2);
    const container = '{"name":"web","resources":{"limits":{"memory":"96Mi"}}}';
    await run(`kubectl patch pod ${name} --subresource=resize -p '{"spec":{"containers":[${container}]}}'`);
    await untilTrue(() => limits().filter((bytes) => bytes === 96 << 20).length === 2, "pod and container have the new limit");
    await run(`kubectl wait pod ${name} --for=jsonpath='{.status.containerStatuses[0].resources.limits.memory}'=96Mi --timeout=30s`);
    expect(await run(`kubectl get pod ${name} -o jsonpath='{.status.containerStatuses[0].restartCount}'`)).toBe("0");
  });

  it("a killed cluster's too, and the next 'cox up' finds them", async () => {
    const before = await pods();
    await crash();
    expect(containerd.containers().length).toBe(6);
    await run("cox up --name crash");
    await answers();
    expect(await pods()).toBe(before);
    await run("kubectl delete pods -l app=web --wait=true; kubectl rollout status deployment/web --timeout=60s");
  });

  it("'cox down' after a crash ends them", async () => {
    await crash();
    await run("cox down --name crash");
    expect(containerd.containers()).toEqual([]);
    expect(groups()).toEqual([]);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(cluster.folder);
  });

  it("what is no runtime's socket is refused", async () => {
    for (const path of ["/nonexistent.sock", "/etc/passwd"]) {
      const refused = await cluster.sh(`cox up --name crash --runtime cri=${path}`);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain(`there is no socket ${path}`);
    }
    expect((await cluster.sh("cox up --name crash --runtime docker")).stderr).toContain("give embedded, or cri= and the path of a socket");
  });
});

/** In all trees, the cluster's and those below. */
function groupsBelow(name: string): readonly string[] {
  const tops = groupMountPoints(readFileSync("/proc/self/mountinfo", "utf8")).map((mountPoint) => join(mountPoint, name));
  return tops
    .filter(existsSync)
    .flatMap((top) => [top, ...readdirSync(top, { recursive: true, encoding: "utf8" }).map((path) => join(top, path))]);
}

function memoryLimitOf(path: string): readonly number[] {
  return /\/memory\.(limit_in_bytes|max)$/.test(path) ? [Number(readFileSync(path, "utf8"))] : [];
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
