/** containerd dies under a cluster and comes back: its nodes are NotReady in upstream's words meanwhile, its pods go on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { genuineTools, type RealCluster, realCluster, untilTrue } from "../lab/realCluster.ts";
import { busyboxName, type PrivateContainerd, privateContainerd, whyNoContainerd } from "../node/cri/privateContainerd.ts";

const tools = genuineTools();
const why = tools === undefined ? "the genuine kubectl can't be had here" : whyNoContainerd();
if (why !== undefined) console.log(`skipped: containerd that goes away: ${why}`);

describe.skipIf(why !== undefined)("containerd goes away", () => {
  let containerd: PrivateContainerd;
  let cluster: RealCluster;
  beforeAll(async () => {
    containerd = await privateContainerd();
    cluster = await realCluster({ name: "away", nodes: 1, tools: tools ?? "", up: ["--runtime", `cri=${containerd.socket}`] });
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await containerd?.[Symbol.asyncDispose]();
  });
  const run = async (text: string): Promise<string> => {
    const result = await cluster.sh(text);
    expect(result.code, `${text}\n${result.stdout}${result.stderr}`).toBe(0);
    return result.stdout;
  };

  it("the node says so, and is Ready again when it is back", async () => {
    await run(`kubectl run web --image=${busyboxName} && kubectl wait --for=condition=Ready pod/web --timeout=60s`);
    const started = await run("kubectl get pod web -o jsonpath='{.status.containerStatuses[0].containerID}'");
    await containerd.kill();
    await run("kubectl wait --for=condition=Ready=False node/away-1 --timeout=110s");
    const ready = await run(`kubectl get node away-1 -o jsonpath='{.status.conditions[?(@.type=="Ready")]}'`);
    expect(JSON.parse(ready)).toMatchObject({ status: "False", reason: "KubeletNotReady", message: "container runtime is down" });
    await containerd.start();
    await run("kubectl wait --for=condition=Ready node/away-1 --timeout=60s");
    expect(await run("kubectl get pod web -o jsonpath='{.status.containerStatuses[0].containerID}'")).toBe(started);
    expect(await run("kubectl exec web -- echo still")).toBe("still\n");
    const events = await run("kubectl get events --field-selector involvedObject.name=away-1");
    expect(events).toContain("status is now: NodeNotReady");
    await run("kubectl delete pod web --grace-period=1 --wait=true");
    // What is on the node goes after the object.
    await untilTrue(() => containerd.containers().length === 0, "nothing is left in containerd");
  });
});
