/** The genuine kubectl's port-forward, cp, exec, attach and logs on a real cluster, over WebSocket and over SPDY: nothing is lost, several at the same time. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PrivateContainerd, privateContainerd, whyNoContainerd } from "../node/cri/privateContainerd.ts";
import { type Forward, forwarded } from "./forwarded.ts";
import { genuineTools, realCluster, untilTrue, type RealCluster } from "./realCluster.ts";

const tools = genuineTools();

const pod = `apiVersion: v1
kind: Pod
metadata: {name: files}
spec:
  containers:
    - name: web
      image: nginx
      ports: [{containerPort: 80}]
      volumeMounts: [{name: files, mountPath: /usr/share/nginx/html}]
  volumes: [{name: files, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: sums}
spec:
  restartPolicy: Never
  containers:
    - name: sums
      image: nginx
      command: [sha256sum]
      stdin: true
      stdinOnce: true
---
apiVersion: v1
kind: Pod
metadata: {name: talks}
spec:
  restartPolicy: Never
  containers:
    - name: talks
      image: nginx
      command: [sh, -c, 'echo ready; until [ -e /go ]; do sleep 0.1; done; seq -f %099.0f 1 $(cat /go)']
`;

const sumOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const whyNotOnContainerd = whyNoContainerd();
if (whyNotOnContainerd !== undefined) console.log(`skipped: streams on containerd: ${whyNotOnContainerd}`);
const ways = [
  { over: "WebSocket", webSockets: "true", on: "embedded" },
  { over: "SPDY", webSockets: "false", on: "embedded" },
  ...(whyNotOnContainerd === undefined ? [{ over: "WebSocket", webSockets: "true", on: "containerd" }] : []),
];

export function streamCases(megabytes: number): void {
  describe.skipIf(tools === undefined).each(ways)(`${megabytes} MB over $over, pods on $on`, (way) => {
    casesOf(way, megabytes * 1_000_000);
  });
}

function casesOf({ over, webSockets, on }: (typeof ways)[number], sizeBytes: number): void {
  const content = randomBytes(sizeBytes);
  const sum = sumOf(content);
  const setting = `KUBECTL_REMOTE_COMMAND_WEBSOCKETS=${webSockets} KUBECTL_PORT_FORWARD_WEBSOCKETS=${webSockets}`;
  let cluster: RealCluster;
  let containerd: PrivateContainerd | undefined;
  const run = async (text: string): Promise<string> => {
    const result = await cluster.sh(`export ${setting}; ${text}`);
    expect(result.code, `${text}\n${result.stdout}${result.stderr}`).toBe(0);
    return result.stdout;
  };
  beforeAll(async () => {
    if (tools === undefined) return;
    if (on === "containerd") containerd = await privateContainerd();
    const up = containerd === undefined ? [] : ["--runtime", `cri=${containerd.socket}`];
    cluster = await realCluster({ name: `streams-${over.toLowerCase()}`, nodes: 2, tools, up });
    writeFileSync(join(cluster.folder, "pod.yaml"), pod);
    writeFileSync(join(cluster.folder, "content"), content);
    await run("kubectl apply -f pod.yaml; kubectl wait --for=condition=Ready pod --all --timeout=60s");
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await containerd?.[Symbol.asyncDispose]();
  });

  it("cp copies there and back", async () => {
    await run("kubectl cp content files:/usr/share/nginx/html/content");
    expect(await run("kubectl exec files -- sha256sum /usr/share/nginx/html/content")).toContain(sum);
    await run("kubectl cp files:/usr/share/nginx/html/content back");
    expect(sumOf(readFileSync(join(cluster.folder, "back")))).toBe(sum);
  });

  it("exec carries stdin, stdout, stderr and the exit code", async () => {
    await run("kubectl exec -i files -- cat < content > through");
    expect(sumOf(readFileSync(join(cluster.folder, "through")))).toBe(sum);
    const failed = await cluster.sh(`export ${setting}; kubectl exec files -- sh -c 'echo out; echo err >&2; exit 7'`);
    expect(failed).toMatchObject({ code: 7, stdout: "out\n" });
    expect(failed.stderr).toMatch(/^err\n/);
  });

  it("attach carries stdin to the container's program, which sees its end", async () => {
    expect(await run("kubectl attach -i sums < content")).toContain(sum);
  });

  it("logs follow all that is said, across rotated files", async () => {
    const bytesPerLine = 100;
    const last = Math.ceil(sizeBytes / bytesPerLine);
    const said = join(cluster.folder, "said");
    const followed = run(`kubectl logs -f talks > ${said}`);
    await untilTrue(() => existsSync(said) && readFileSync(said).length > 0, "the first line is there");
    await run(`kubectl exec talks -- sh -c 'echo ${last} >/going; mv /going /go'`);
    await followed;
    const wanted = await run(`(echo ready; seq -f %099.0f 1 ${last}) | sha256sum`);
    expect(await run(`sha256sum < ${said}`), await run(`(wc -l; head -3; tail -3) < ${said}`)).toBe(wanted);
  });

  it("port-forward takes connections one after the other and at the same time", async () => {
    await using forward: Forward = await forwarded(cluster, `export ${setting}; exec kubectl port-forward pod/files :80`);
    const fetched = async (): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${forward.port}/content`, { headers: { connection: "close" } });
      return sumOf(new Uint8Array(await response.arrayBuffer()));
    };
    for (let count = 0; count < 3; count += 1) expect(await fetched()).toBe(sum);
    expect(await Promise.all([fetched(), fetched(), fetched()])).toEqual([sum, sum, sum]);
  });

  it("port-forward says when nobody listens", async () => {
    await using forward: Forward = await forwarded(cluster, `export ${setting}; exec kubectl port-forward pod/files :9999`);
    await expect(fetch(`http://127.0.0.1:${forward.port}/`)).rejects.toThrow("fetch failed");
    await untilTrue(() => /ECONNREFUSED|connection refused/.test(forward.said()), "kubectl says that the connection was refused");
    expect(forward.said()).toMatch(/an error occurred forwarding \d+ -> 9999: error forwarding port 9999 to pod/);
  });
}
