/** Clusters as a person handles them: side by side, down and up again, deleted; and what goes wrong, in one sentence each. */
import { createServer } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processStartTime } from "../../src/daemon/clusterState.ts";
import { genuineTools, realCluster, type RealCluster, untilTrue } from "./realCluster.ts";

const tools = genuineTools();

async function withCluster(name: string, body: (cluster: RealCluster) => Promise<void>): Promise<void> {
  if (tools === undefined) return;
  const cluster = await realCluster({ name, nodes: 1, tools });
  try {
    await body(cluster);
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}

const stateOf = (cluster: RealCluster, ...parts: string[]): string => join(cluster.folder, "state", cluster.name, ...parts);
const pidOf = (cluster: RealCluster): number => (JSON.parse(readFileSync(stateOf(cluster, "run", "pid"), "utf8")) as { pid: number }).pid;
const isAlive = (pid: number): boolean => processStartTime(pid) !== undefined;

describe.skipIf(tools === undefined)("clusters", () => {
  it("run side by side, each with LoadBalancer addresses of its own", () =>
    withCluster("first", async (cluster) => {
      const second = await cluster.sh("cox clusters create second --num-nodes 1 --scopes cloud-platform --zone here");
      expect(second.code, second.stderr).toBe(0);
      expect(second.stdout).toMatch(/Note: --scopes, --zone matter in a cloud only/);
      const list = await cluster.cox("list");
      expect(list.stdout).toMatch(/^first\s+Running\s+1\s+https:.*cox-first$/m);
      expect(list.stdout).toMatch(/^second\s+Running\s+1\s+https:.*cox-second$/m);
      const service = `apiVersion: v1\\nkind: Service\\nmetadata: {name: web}\\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 8080}]}\\n`;
      const addressOf = async (context: string): Promise<string> => {
        await cluster.sh(`printf '${service}' | kubectl --context ${context} apply -f -`);
        await cluster.sh(`kubectl --context ${context} wait --for=jsonpath='{.status.loadBalancer.ingress}' service/web --timeout=30s`);
        return (await cluster.sh(`kubectl --context ${context} get svc web -o jsonpath='{.status.loadBalancer.ingress[0].ip}'`)).stdout;
      };
      const addresses = [await addressOf("cox-first"), await addressOf("cox-second")];
      expect(addresses[0]).toMatch(/^127\./);
      expect(new Set(addresses.map((address) => address.split(".")[1])).size).toBe(2);
      const gone = await cluster.cox("clusters", "delete", "second");
      expect(gone.code, gone.stderr).toBe(0);
      expect((await cluster.sh("kubectl config get-contexts -o name")).stdout.trim()).toBe("cox-first");
    }));

  it("keep their state over down and up, and pods run again", () =>
    withCluster("again", async (cluster) => {
      await cluster.sh("kubectl create deployment web --image=kelseyhightower/hello:1.0.0 --replicas=2");
      expect((await cluster.sh("kubectl rollout status deployment web --timeout=60s")).stdout).toMatch(/successfully rolled out/);
      const pid = pidOf(cluster);
      expect((await cluster.sh("cox down --name again")).stdout).toBe('Stopped cluster "again".\n');
      expect(isAlive(pid)).toBe(false);
      expect((await cluster.cox("list")).stdout).toMatch(/again\s+Stopped/);
      expect((await cluster.sh("cox up --name again")).code).toBe(0);
      const ready = await cluster.sh("kubectl wait --for=jsonpath='{.status.readyReplicas}'=2 deployment/web --timeout=60s");
      expect(ready.code, ready.stderr).toBe(0);
    }));

  it("come back after kill -9 of the control plane, and leave nothing running meanwhile", () =>
    withCluster("killed", async (cluster) => {
      await cluster.sh("kubectl create configmap kept --from-literal=a=b");
      const facts = JSON.parse(readFileSync(stateOf(cluster, "run", "facts.json"), "utf8")) as { agentPid: number };
      process.kill(pidOf(cluster), "SIGKILL");
      await untilTrue(() => !isAlive(facts.agentPid), "the agent ends with its control plane");
      expect((await cluster.sh("cox up --name killed")).code).toBe(0);
      expect((await cluster.sh("kubectl get configmap kept -o jsonpath='{.data.a}'")).stdout).toBe("b");
    }));

  it("say in one sentence what is wrong and what to do", () =>
    withCluster("wrong", async (cluster) => {
      const twice = await cluster.sh("cox up --name wrong");
      expect([twice.code, twice.stderr]).toEqual([
        1,
        expect.stringMatching(
          /^Error: The cluster "wrong" is up already \(pid \d+\): use it with .*, or stop it with 'cox down --name wrong'\.\n$/,
        ),
      ]);
      expect((await cluster.sh("cox up --name Bad_Name")).stderr).toMatch(/^Error: "Bad_Name" can't be a cluster's name/);
      expect((await cluster.sh("cox up --name x --nodes many")).stderr).toBe("Error: --nodes many: give a number from 1 to 100.\n");
      expect((await cluster.sh("cox up --nodse 3")).stderr).toMatch(/Unknown option '--nodse'/);
      expect((await cluster.sh("cox down --name nowhere")).stderr).toMatch(/There is no cluster "nowhere"/);
      expect((await cluster.sh("cox status --name nowhere")).stderr).toMatch(/There is no cluster "nowhere"/);
      await cluster.cox("down", "--name", "wrong");
      const recordFile = stateOf(cluster, "cluster.json");
      const record = readFileSync(recordFile, "utf8");
      const blocker = createServer();
      await new Promise<void>((resolve) => blocker.listen((JSON.parse(record) as { apiPort: number }).apiPort, "127.0.0.1", resolve));
      const taken = await cluster.sh("cox up --name wrong");
      await new Promise((resolve) => blocker.close(resolve));
      expect([taken.code, taken.stderr]).toEqual([
        1,
        expect.stringMatching(/^Error: The API server's port \d+ on 127\.0\.0\.1 can't be bound .*: end the program that holds it/),
      ]);
      writeFileSync(recordFile, record.replace('"stateVersion": 1', '"stateVersion": 99'));
      expect((await cluster.sh("cox up --name wrong")).stderr).toMatch(
        /^Error: The state folder .* is version 99, and this cox reads version 1: /,
      );
      writeFileSync(recordFile, record);
      const noTools = await cluster.sh(
        `PATH=/nowhere "${process.execPath}" "$(sed -n 's/.*" "\\(.*cox.cjs\\)".*/\\1/p' bin/cox)" up --name wrong`,
      );
      expect(noTools.code).toBe(1);
      expect(noTools.stderr).toMatch(/^Error: .*(setpriv|unshare).*\n$/);
    }));
});
