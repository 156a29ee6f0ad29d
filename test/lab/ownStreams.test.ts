/** cox's own logs, exec, attach, run, cp, port-forward and debug beside the genuine kubectl's, on one real cluster: the same bytes and exit codes. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { genuineTools, realCluster, type RealCluster, type ShellResult, untilTrue } from "./realCluster.ts";
import { forwarded } from "./forwarded.ts";

const tools = genuineTools();

const objects = `apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - {name: main, image: nginx, stdin: true, command: [sh, -c, "echo first; echo second >&2; cat"], ports: [{containerPort: 80, name: http}]}
    - {name: web, image: nginx, volumeMounts: [{name: files, mountPath: /usr/share/nginx/html}]}
  volumes: [{name: files, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: two}
spec: {selector: {app: none}, ports: [{port: 80}]}
`;

const megabytes = 5_000_000;
const sumOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.skipIf(tools === undefined)("cox's streams beside kubectl's", () => {
  const content = randomBytes(megabytes);
  let cluster: RealCluster;
  const both = async (text: string): Promise<readonly [ShellResult, ShellResult]> => [
    await cluster.sh(text.replaceAll("KUBECTL", "kubectl")),
    await cluster.sh(text.replaceAll("KUBECTL", "cox kubectl")),
  ];
  /** What both give, once it has been seen to be the same. */
  const same = async (text: string): Promise<ShellResult> => {
    const [genuine, ours] = await both(text);
    expect(ours, text).toEqual(genuine);
    return ours;
  };
  beforeAll(async () => {
    if (tools === undefined) return;
    cluster = await realCluster({ name: "own-streams", nodes: 1, tools });
    writeFileSync(join(cluster.folder, "objects.yaml"), objects);
    writeFileSync(join(cluster.folder, "content"), content);
    const ready = await cluster.sh("kubectl apply -f objects.yaml; kubectl wait --for=condition=Ready pod/two --timeout=60s");
    expect(ready.code, ready.stderr).toBe(0);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  it("exec: streams and exit codes", async () => {
    expect(await same("KUBECTL exec two -c main -- sh -c 'echo out; echo err >&2; exit 7'")).toMatchObject({ code: 7, stdout: "out\n" });
    expect(await same("KUBECTL exec two -- sh -c 'kill -9 $$'")).toMatchObject({ code: 137 });
    expect(await same("KUBECTL exec two -- nosuchprogram")).not.toMatchObject({ code: 0 });
    expect((await same("KUBECTL exec -i two -c main -- sha256sum < content")).stdout).toContain(sumOf(content));
    expect((await same("KUBECTL exec two -i -c main -- cat < content | sha256sum")).stdout).toContain(sumOf(content));
    // A command that ends before it has read everything: nobody waits for the rest to be taken.
    expect(await same("timeout 20 KUBECTL exec -i two -c main -- false < content")).toMatchObject({ code: 1 });
    expect((await same("KUBECTL exec -it two -c main -- echo x < /dev/null")).stderr).toContain("Unable to use a TTY");
  });

  it("exec, cp and port-forward over SPDY, where WebSockets aren't wanted", async () => {
    const asked = "export KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false KUBECTL_PORT_FORWARD_WEBSOCKETS=false;";
    expect(await same(`${asked} KUBECTL exec two -c main -- sh -c 'echo out; echo err >&2; exit 7'`)).toMatchObject({ code: 7 });
    expect((await same(`${asked} KUBECTL exec -i two -c main -- sha256sum < content`)).stdout).toContain(sumOf(content));
    await same(`${asked} KUBECTL exec two -c nope -- true`);
    expect(await same(`${asked} timeout 20 KUBECTL exec -i two -c main -- false < content`)).toMatchObject({ code: 1 });
    const there = "two:/usr/share/nginx/html/spdy";
    const copied = await cluster.sh(`${asked} cox kubectl cp content ${there} -c web && cox kubectl cp ${there} spdy -c web`);
    expect(copied, copied.stderr).toMatchObject({ code: 0 });
    expect(sumOf(readFileSync(join(cluster.folder, "spdy")))).toBe(sumOf(content));
    await using forward = await forwarded(cluster, `${asked} exec cox kubectl port-forward pod/two :http`);
    const fetched = async (): Promise<string> =>
      sumOf(
        new Uint8Array(await (await fetch(`http://127.0.0.1:${forward.port}/spdy`, { headers: { connection: "close" } })).arrayBuffer()),
      );
    expect(await Promise.all([fetched(), fetched(), fetched()])).toEqual([1, 2, 3].map(() => sumOf(content)));
  });

  it("logs and attach", async () => {
    expect(await same("KUBECTL logs two -c main")).toMatchObject({ stdout: "first\nsecond\n" });
    expect(await same("KUBECTL logs two -c main --tail=1 --prefix")).toMatchObject({ stdout: "[pod/two/main] second\n" });
    await same("KUBECTL logs two -c nope");
    const [, ours] = await both("(echo hello; sleep 1) | timeout -s INT 3 KUBECTL attach -i two -c main || true");
    expect(ours.stdout).toBe("hello\n");
  });

  it("cp: folders both ways", async () => {
    await cluster.sh("mkdir -p tree/sub tree/empty; cp content tree/sub/content; echo a > tree/a; ln -s a tree/link; chmod 750 tree/sub");
    for (const kubectl of ["kubectl", "cox kubectl"]) {
      const name = kubectl.replace(" ", "-");
      const there = `/tmp/${name}`;
      const copied = await cluster.sh(
        `${kubectl} cp tree two:${there} -c web && ${kubectl} cp two:${there} back-${name} -c web && kubectl exec two -c web -- sh -c 'cd ${there} && find . | sort'`,
      );
      expect(copied, kubectl).toMatchObject({ code: 0 });
      expect(copied.stdout).toContain(".\n./a\n./empty\n./link\n./sub\n./sub/content\n");
      expect(copied.stderr).toContain(`warning: skipping symlink: "back-${name}/link" -> "a"`);
      expect(sumOf(readFileSync(join(cluster.folder, `back-${name}/sub/content`)))).toBe(sumOf(content));
    }
    // Both are through with the archive's end, whether tar has said its last word or not.
    await same("KUBECTL cp two:/nowhere/x back -c web | grep -v '^tar: Exiting'");
    await same("KUBECTL cp tree/a two:/nowhere/x -c web");
  });

  it("port-forward: several connections at a time, and one that nobody takes", async () => {
    const copied = await cluster.sh("cox kubectl cp content two:/usr/share/nginx/html/content -c web");
    expect(copied, copied.stderr).toMatchObject({ code: 0 });
    await using forward = await forwarded(cluster, "exec cox kubectl port-forward pod/two :http");
    const fetched = async (): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${forward.port}/content`, { headers: { connection: "close" } });
      return sumOf(new Uint8Array(await response.arrayBuffer()));
    };
    const sum = sumOf(content);
    expect([await fetched(), ...(await Promise.all([fetched(), fetched(), fetched()]))]).toEqual([sum, sum, sum, sum]);
    await using closed = await forwarded(cluster, "exec cox kubectl port-forward pod/two :9999");
    await expect(fetch(`http://127.0.0.1:${closed.port}/`)).rejects.toThrow("fetch failed");
    await untilTrue(() => closed.said().includes("lost connection to pod"), "cox says that the connection is lost");
    expect(closed.said()).toMatch(/an error occurred forwarding \d+ -> 9999: error forwarding port 9999 to pod/);
  });

  it.each(["true", "false"])("proxy: the genuine kubectl's exec goes through it, over WebSocket: %s", async (webSockets) => {
    const result = await cluster.sh(`export KUBECTL_REMOTE_COMMAND_WEBSOCKETS=${webSockets}
      rm -f proxied; cox kubectl proxy --port=0 --reject-paths='^$' >proxied & trap "kill $!" EXIT
      for n in $(seq 100); do grep -q serve proxied && break; sleep 0.1; done
      echo typed | kubectl --server=http://$(sed 's/.* //' proxied) exec -i two -c main -- sh -c 'cat; exit 3'`);
    expect(result, result.stderr).toMatchObject({ code: 3, stdout: "typed\n" });
  });

  it("run: attached, with the container's exit code, and nothing left", async () => {
    const words = "--rm --restart=Never --image=nginx --command -- sh -c 'cat; exit 3'";
    const result = await same(`echo typed | KUBECTL run once -i ${words}`);
    expect(result).toMatchObject({ code: 3, stdout: 'typed\npod "once" deleted from default namespace\n' });
    await same("KUBECTL run once -q --attach --rm --restart=Never --image=nginx --command -- sh -c 'echo early; sleep 1; echo late'");
  });

  it("debug: an ephemeral container is started and attached to", async () => {
    for (const kubectl of ["kubectl", "cox kubectl"]) {
      const name = kubectl.replace(" ", "-");
      const result = await cluster.sh(
        `${kubectl} debug two -q -c ${name} --image=nginx --attach --target=main -- sh -c 'sleep 1; echo inside; sleep 1'`,
      );
      expect(result, kubectl).toMatchObject({ code: 0, stdout: expect.stringContaining("inside\n") as unknown });
    }
  });

  it("edit runs the user's editor", async () => {
    writeFileSync(join(cluster.folder, "editor"), "#!/bin/sh\nsed -i 's/app: none/app: some/' \"$1\"\n", { mode: 0o755 });
    const edited = await cluster.sh(
      "EDITOR=./editor cox kubectl edit service two; kubectl get service two -o jsonpath={.spec.selector.app}",
    );
    expect(edited).toMatchObject({ code: 0, stdout: "service/two edited\nsome" });
  });

  it("a client that vanishes leaves no process", async () => {
    const child = await cluster.sh("cox kubectl exec two -c web -- sleep 4242 >/dev/null 2>&1 & echo $!");
    const running = async (): Promise<boolean> =>
      (await cluster.sh("kubectl exec two -c web -- sh -c 'cat /proc/[0-9]*/cmdline'")).stdout.includes("4242");
    const becomes = async (wanted: boolean): Promise<void> => {
      for (let tries = 0; (await running()) !== wanted; tries += 1) expect(tries).toBeLessThan(50);
    };
    await becomes(true);
    await cluster.sh(`kill -9 ${child.stdout.trim()}`);
    await becomes(false);
  });
});
