/** What the port's contract doesn't say and a node on containerd needs: network, files, users, limits, streams, several clusters, restarts of ours and of containerd's. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CriEngine } from "../../../src/host-node/cri/engine.ts";
import { runPodSandbox } from "../../../src/host-node/cri/messages/runtimeService.ts";
import type { ContainerConfig, ContainerRuntime, ImageStatus } from "../../../src/kubelet/ports/runtime.ts";
import type { StreamFrame, StreamSession } from "../../../src/machinery/http.ts";
import { account, faultyRegistry } from "../images/faultyRegistry.ts";
import { aContainer, aSandbox, until } from "../inside/world.ts";
import { busyboxImage } from "./privateContainerd.ts";
import { dial, image, loadedName, type Machine, makeMachine } from "./world.ts";

let machine: Machine;
let engine: CriEngine;
let runtime: ContainerRuntime;
beforeAll(async () => {
  machine = await makeMachine();
});
afterAll(async () => await machine[Symbol.asyncDispose]());
beforeEach(async () => {
  engine = await machine.engine("life");
  runtime = await machine.node(engine, "node-1");
});
afterEach(async () => {
  await machine.clear(runtime);
  await runtime[Symbol.asyncDispose]();
  engine[Symbol.dispose]();
});

let pods = 0;
const shell = (script: string): Partial<ContainerConfig> => ({ command: ["/bin/sh", "-c", script] });

async function started(
  overrides: Partial<ContainerConfig>,
  sandbox: Parameters<typeof aSandbox>[0] = {},
  on = runtime,
): Promise<{ id: string; sandboxId: string; ip: string }> {
  pods += 1;
  const { id: sandboxId, ip } = await on.sandboxes.run(
    aSandbox({ name: `pod-${pods}`, podUid: `uid-${engine.cluster}-${pods}`, ...sandbox }),
  );
  const found = await on.images.status(image);
  const id = await on.containers.create(sandboxId, aContainer(found?.ref ?? "", { image, ...overrides }));
  await on.containers.start(id);
  return { id, sandboxId, ip };
}

async function output(id: string, on = runtime): Promise<string> {
  let text = "";
  for await (const line of on.streams.logs(id, { follow: true })) text += Buffer.from(line.text).toString();
  return text;
}

describe("a pod on containerd", () => {
  it("is reached at its address, reaches others, and sees its names", async () => {
    const server = await started(shell("echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp"));
    await until(async () => (await dial(server.ip, 80).catch(() => undefined))?.destroy() !== undefined);
    const client = await started(shell(`wget -qO- http://${server.ip}; hostname; cat /etc/hosts /etc/resolv.conf`), {
      hostname: "client",
      fqdn: "client.sub",
      hostAliases: [{ ip: "10.1.2.3", hostnames: ["elsewhere"] }],
    });
    const text = await output(client.id);
    expect(text).toMatch(/^hello\nclient\n/);
    expect(text).toContain(`${client.ip}\tclient.sub\tclient\n`);
    expect(text).toContain("10.1.2.3\telsewhere\n");
    expect(text).toContain("nameserver 10.96.0.10\n");
  });

  it("runs as it is told: user, groups, read-only root, capabilities, environment, folder", async () => {
    const { id } = await started({
      ...shell("id; pwd; touch /x 2>&1; grep -E 'CapBnd|NoNewPrivs' /proc/self/status; echo $GREETING"),
      workingDir: "/tmp",
      env: [{ name: "GREETING", value: "hello" }],
      security: {
        runAsUser: 1001,
        runAsGroup: 1002,
        supplementalGroups: [1003],
        readOnlyRootFilesystem: true,
        privileged: false,
        noNewPrivileges: true,
        capabilities: { add: [], drop: ["ALL"] },
        seccomp: "RuntimeDefault",
      },
    });
    const text = await output(id);
    expect(text).toMatch(/uid=1001 gid=1002 groups=1002,1003|uid=1001 gid=1002 groups=1003/);
    expect(text).toContain("\n/tmp\n");
    expect(text).toContain("Read-only file system");
    expect(text).toMatch(/CapBnd:\s0000000000000000/);
    expect(text).toMatch(/NoNewPrivs:\s1/);
    expect(text).toContain("\nhello\n");
  });

  it("leaves its termination message, and its exit code", async () => {
    const { id } = await started(shell("printf 'it is over' >/dev/termination-log; exit 3"));
    await until(async () => (await runtime.containers.status(id))?.state === "exited");
    expect(await runtime.containers.status(id)).toMatchObject({ exitCode: 3, reason: "Error", message: "it is over" });
  });

  it("is killed for taking more memory than its limit", async () => {
    const { id } = await started({
      ...shell("dd if=/dev/zero of=/dev/null bs=200M count=1"),
      resources: { cpuShares: 2, cpuQuotaMillis: 500, memoryLimitBytes: 32 << 20, oomScoreAdj: 999 },
    });
    await until(async () => (await runtime.containers.status(id))?.state === "exited");
    expect(await runtime.containers.status(id)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  it("shares with its pod or the machine what it asks for", async () => {
    const shared = await started(shell("exec sleep 1000"), { shareProcessNamespace: true });
    const found = await runtime.images.status(image);
    const beside = await runtime.containers.create(
      shared.sandboxId,
      aContainer(found?.ref ?? "", { image, name: "beside", ...shell("ps") }),
    );
    await runtime.containers.start(beside);
    expect(await output(beside)).toContain("sleep 1000");
    const onHost = await started(shell("ls -d /proc/sys/net/ipv4/conf/pod*; readlink /proc/1/exe; exit 0"), {
      hostNetwork: true,
      hostPid: true,
      hostname: "",
    });
    expect(onHost.ip).toBe("");
    // The links of pods are in the network of whoever runs them here.
    expect(await output(onHost.id)).toMatch(/\/conf\/pod/);
  });

  it("gets every capability when it is privileged", async () => {
    const security = { ...aContainer("").security, privileged: true };
    const { id } = await started({ ...shell("mount -t tmpfs tmpfs /tmp && echo mounted"), security }, { privileged: true });
    expect(await output(id)).toBe("mounted\n");
  });

  it("uses images of this machine's own store", async () => {
    const options = { podUid: "", signal: new AbortController().signal, secrets: [] };
    expect(await runtime.images.status(loadedName)).toBeUndefined();
    const { ref } = await runtime.images.pull(loadedName, options);
    expect(await runtime.images.status(loadedName)).toMatchObject({ ref, source: "local", user: "101" });
    const { id } = await started({ ...shell("echo $FROM; id -u"), imageRef: ref });
    expect(await output(id)).toBe("store\n101\n");
  });

  it("is pulled with the pod's own secrets, by basic and token authentication, and not without", async () => {
    await using registry = await faultyRegistry();
    const secret = (password: string): string =>
      JSON.stringify({ auths: { [registry.host]: { auth: Buffer.from(`${account.username}:${password}`).toString("base64") } } });
    const pull = (name: string, secrets: readonly string[]): Promise<ImageStatus> =>
      runtime.images.pull(name, { podUid: "", signal: new AbortController().signal, secrets });
    for (const auth of ["basic", "token"] as const) {
      registry.faults.auth = auth;
      const name = registry.add(`team/${auth}:1`, busyboxImage({ Labels: { auth } }));
      await expect(pull(name, [])).rejects.toMatchObject({ reason: "ErrImagePull" });
      await expect(pull(name, [secret("wrong")])).rejects.toMatchObject({ reason: "ErrImagePull" });
      // Each that fits is tried.
      const pulled = await pull(name, [secret("wrong"), secret(account.password)]);
      expect(await runtime.images.status(name)).toMatchObject({ ref: pulled.ref });
      await runtime.images.remove(name);
      expect(await runtime.images.status(name)).toBeUndefined();
    }
  });

  it("can't be pulled from where there is no registry", async () => {
    const options = { podUid: "", signal: new AbortController().signal, secrets: [] };
    await expect(runtime.images.pull("127.0.0.1:1/none:1", options)).rejects.toMatchObject({ reason: "ErrImagePull" });
  });
});

interface TestPeer {
  readonly session: StreamSession;
  say(channel: number, data: string | null): void;
  leave(): void;
  readonly heard: Map<number, string>;
}

function peer(): TestPeer {
  const queue: StreamFrame[] = [];
  let wake: (() => void) | undefined;
  let gone = false;
  const heard = new Map<number, string>();
  async function* incoming(): AsyncGenerator<StreamFrame> {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else if (gone) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const leave = (): void => {
    gone = true;
    wake?.();
  };
  return {
    session: {
      incoming: incoming(),
      send: async ({ channel, data }) => void heard.set(channel, (heard.get(channel) ?? "") + Buffer.from(data ?? []).toString()),
      close: leave,
    },
    say(channel, data) {
      queue.push({ channel, data: data === null ? null : Buffer.from(data) });
      wake?.();
    },
    leave,
    heard,
  };
}

describe("streams", () => {
  it("exec: both outputs, input to its end, the exit code", async () => {
    const { id } = await started({});
    const to = peer();
    to.say(0, "one\ntwo\n");
    to.say(0, null);
    const options = { command: ["/bin/sh", "-c", "cat; echo oops >&2; exit 5"], stdin: true, stdout: true, stderr: true, tty: false };
    await runtime.streams.exec(id, options, to.session);
    expect(to.heard.get(1)).toBe("one\ntwo\n");
    expect(to.heard.get(2)).toBe("oops\n");
    expect(JSON.parse(to.heard.get(3) ?? "")).toMatchObject({ status: "Failure", reason: "NonZeroExitCode" });
  });

  it("exec with a terminal of the client's size", async () => {
    const { id } = await started({});
    const to = peer();
    to.say(4, JSON.stringify({ Width: 91, Height: 17 }));
    const script = "until [ \"$(stty size)\" = '17 91' ]; do sleep 0.05; done; tty; exit 0";
    await runtime.streams.exec(id, { command: ["/bin/sh", "-c", script], stdin: true, stdout: true, stderr: true, tty: true }, to.session);
    expect(JSON.parse(to.heard.get(3) ?? "")).toMatchObject({ status: "Success" });
  });

  it("carries ten megabytes each way unchanged", async () => {
    const { id } = await started({});
    const to = peer();
    const block = "0123456789abcdef".repeat(4096);
    for (let n = 0; n < 160; n += 1) to.say(0, block);
    to.say(0, null);
    await runtime.streams.exec(id, { command: ["/bin/cat"], stdin: true, stdout: true, stderr: true, tty: false }, to.session);
    expect(to.heard.get(1)).toBe(block.repeat(160));
  });

  it("execSync: outputs, code, and a limit of time", async () => {
    const { id } = await started({});
    const done = await runtime.streams.execSync(id, ["/bin/sh", "-c", "echo out; echo err >&2; exit 4"], 5000);
    expect({ ...done, stdout: Buffer.from(done.stdout).toString(), stderr: Buffer.from(done.stderr).toString() }).toEqual({
      exitCode: 4,
      stdout: "out\n",
      stderr: "err\n",
      timedOut: false,
    });
    expect(await runtime.streams.execSync(id, ["/bin/sleep", "100"], 1000)).toMatchObject({ timedOut: true });
  });

  it("attach: what it says from now on, and what it is told", async () => {
    const { id } = await started({ ...shell('while read line; do echo "got $line"; done'), stdin: true, stdinOnce: true });
    const to = peer();
    const attached = runtime.streams.attach(id, { stdin: true, stdout: true, stderr: true, tty: false }, to.session);
    to.say(0, "hello\n");
    await until(() => to.heard.get(1) === "got hello\n");
    to.say(0, null);
    await attached;
    await until(async () => (await runtime.containers.status(id))?.state === "exited");
    expect(to.heard.get(1)).toBe("got hello\n");
  });

  it("port-forward reaches a server that listens on the pod's loopback only", async () => {
    const { id, sandboxId } = await started(shell("echo inside >/tmp/index.html; exec httpd -f -p 127.0.0.1:8080 -h /tmp"));
    await until(async () => (await runtime.streams.execSync(id, ["/bin/wget", "-qO-", "http://127.0.0.1:8080"], 5000)).exitCode === 0);
    const to = peer();
    to.say(0, "GET / HTTP/1.0\r\n\r\n");
    await runtime.streams.portForward(sandboxId, 8080, to.session);
    expect(to.heard.get(0)).toContain("inside\n");
    const nobody = peer();
    nobody.say(0, "x");
    await runtime.streams.portForward(sandboxId, 9, nobody.session);
    expect(nobody.heard.get(1)).toContain("connection refused");
  });
});

describe("several on one containerd", () => {
  it("a pod that isn't Coxswain's gets no network, and is told why", async () => {
    const config = { metadata: { name: "foreign", uid: "foreign", namespace: "default", attempt: 0 } };
    await expect(engine.channel.call(runPodSandbox, { config })).rejects.toThrow("Coxswain has no network for this pod");
  });

  it("nodes and clusters see only what is theirs", async () => {
    const second = await machine.node(engine, "node-2");
    const elsewhere = await machine.engine("other");
    const foreign = await machine.node(elsewhere, "node-1");
    const mine = await started({});
    const beside = await started({}, { nodeName: "node-2" }, second);
    try {
      expect((await runtime.sandboxes.list()).map(({ id }) => id)).toEqual([mine.sandboxId]);
      expect((await second.containers.list()).map(({ id }) => id)).toEqual([beside.id]);
      expect(await foreign.sandboxes.list()).toEqual([]);
      expect(await foreign.containers.list()).toEqual([]);
      expect(beside.ip).toMatch(/^10\.244\.2\./);
    } finally {
      await machine.clear(second);
    }
  });
});

describe("restarts", () => {
  it("of ours: pods are found again, joined again, and told of when they end", async () => {
    const { id, ip, sandboxId } = await started(
      shell("echo still >/tmp/index.html; httpd -p 80 -h /tmp; while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 6"),
    );
    await until(async () => (await dial(ip, 80).catch(() => undefined))?.destroy() !== undefined);
    await runtime[Symbol.asyncDispose]();
    engine[Symbol.dispose]();
    await machine.restartNetwork();
    engine = await machine.engine("life");
    runtime = await machine.node(engine, "node-1");
    expect(await runtime.sandboxes.list()).toMatchObject([{ id: sandboxId, ip, state: "ready", config: { name: `pod-${pods}` } }]);
    const ended = new Promise<string>((resolve) => {
      runtime.containers.onEvent(({ type, containerId, sandboxId: where }) => {
        if (type === "exited") resolve(`${containerId} ${where}`);
      });
    });
    expect(await runtime.containers.list()).toMatchObject([{ id, state: "running", image, sandboxId }]);
    await until(async () => (await dial(ip, 80).catch(() => undefined))?.destroy() !== undefined);
    const other = await started({});
    expect(other.ip).not.toBe(ip);
    await runtime.streams.execSync(id, ["/bin/touch", "/tmp/end"], 5000);
    expect(await ended).toBe(`${id} ${sandboxId}`);
    expect(await runtime.containers.status(id)).toMatchObject({ exitCode: 6 });
  });

  it("of containerd's: pods go on, and calls work again when it is back", async () => {
    const { id } = await started({});
    await machine.containerd.kill();
    await expect(runtime.containers.list()).rejects.toThrow("rpc error: code = Unavailable");
    await machine.containerd.start();
    expect(await runtime.containers.list()).toMatchObject([{ id, state: "running" }]);
    expect(engine.health.problems).toEqual([]);
  });
});

describe("logs", () => {
  it("are in the form that the kubelet's are", async () => {
    const { id } = await started(shell("echo out; echo err >&2; printf partial"));
    expect(await output(id)).toContain("out\n");
    const lines: string[] = [];
    for await (const { stream, text } of runtime.streams.logs(id, { follow: false }))
      lines.push(`${stream} ${Buffer.from(text).toString()}`);
    expect(lines.sort()).toEqual(["stderr err\n", "stdout out\n", "stdout partial"]);
  });

  it("are put aside when they have grown too long: containerd begins a new one, and who follows misses nothing", async () => {
    const script =
      "dd if=/dev/zero bs=1M count=11 2>/dev/null | tr '\\0' x; echo; i=0; while :; do echo line $i; i=$((i+1)); sleep 0.2; done";
    const { id, sandboxId } = await started(shell(script));
    const seen: number[] = [];
    const stop = new AbortController();
    const pod = (await runtime.sandboxes.list()).find((each) => each.id === sandboxId)?.config;
    const aside = join(machine.containerd.folder, `nodes/life/node-1/logs/default_${pod?.name}_${pod?.podUid}/main/0.log.1`);
    let since = 0;
    for await (const { text } of runtime.streams.logs(id, { follow: true, signal: stop.signal })) {
      const found = /^line (\d+)\n$/.exec(text.length > 20 ? "" : Buffer.from(text).toString())?.[1];
      if (found !== undefined) seen.push(Number(found));
      if (existsSync(aside)) since += 1;
      if (since === 5) stop.abort();
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => n));
    expect(seen.length).toBeGreaterThan(5);
  });
});
