/** What the port's contract doesn't say and a node on containerd needs: network, files, users, limits, several clusters, restarts of ours and of containerd's, logs. */
import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listPodSandbox, podSandboxStatus, runPodSandbox } from "../../../src/host-node/cri/messages/runtimeService.ts";
import { ExitWatch } from "../../../src/host-node/cri/exitWatch.ts";
import type { ImageStatus } from "../../../src/kubelet/ports/runtime.ts";
import { silentLog } from "../../../src/base/log.ts";
import { virtualClock } from "../../../src/testing/virtualClock.ts";
import { account, faultyRegistry } from "../images/faultyRegistry.ts";
import { aContainer, aSandbox, until } from "../inside/world.ts";
import { busyboxImage } from "./privateContainerd.ts";
import { shell, stageOf } from "./stage.ts";
import { dial, image, loadedName } from "./world.ts";

const stage = stageOf("life");

describe("a pod on containerd", () => {
  it("is reached at its address, reaches others, and sees its names", async () => {
    const server = await stage.started(shell("echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp"));
    await until(async () => (await dial(server.ip, 80).catch(() => undefined))?.destroy() !== undefined);
    const client = await stage.started(shell(`wget -qO- http://${server.ip}; hostname; cat /etc/hosts /etc/resolv.conf`), {
      hostname: "client",
      fqdn: "client.sub",
      hostAliases: [{ ip: "10.1.2.3", hostnames: ["elsewhere"] }],
    });
    const text = await stage.output(client.id);
    expect(text).toMatch(/^hello\nclient\n/);
    expect(text).toContain(`${client.ip}\tclient.sub\tclient\n`);
    expect(text).toContain("10.1.2.3\telsewhere\n");
    expect(text).toContain("nameserver 10.96.0.10\n");
  });

  it("runs as it is told: user, groups, read-only root, capabilities, environment, folder", async () => {
    const { id } = await stage.started({
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
    const { user } = (await stage.runtime.containers.status(id)) ?? {};
    // containerd 1 doesn't tell.
    expect([undefined, "1001 1002"]).toContain(user && `${user.uid} ${user.gid}`);
    const text = await stage.output(id);
    expect(text).toMatch(/uid=1001 gid=1002 groups=1002,1003|uid=1001 gid=1002 groups=1003/);
    expect(text).toContain("\n/tmp\n");
    expect(text).toContain("Read-only file system");
    expect(text).toMatch(/CapBnd:\s0000000000000000/);
    expect(text).toMatch(/NoNewPrivs:\s1/);
    expect(text).toContain("\nhello\n");
  });

  it("leaves its termination message, and its exit code", async () => {
    const { id } = await stage.started(shell("printf 'it is over' >/dev/termination-log; exit 3"));
    await until(async () => (await stage.runtime.containers.status(id))?.state === "exited");
    expect(await stage.runtime.containers.status(id)).toMatchObject({ exitCode: 3, reason: "Error", message: "it is over" });
  });

  it("is killed for taking more memory than its limit", async () => {
    const { id } = await stage.started({
      ...shell("dd if=/dev/zero of=/dev/null bs=200M count=1"),
      resources: { cpuShares: 2, cpuQuotaMillis: 500, memoryLimitBytes: 32 << 20, oomScoreAdj: 999 },
    });
    await until(async () => (await stage.runtime.containers.status(id))?.state === "exited");
    expect(await stage.runtime.containers.status(id)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  it("shares with its pod or the machine what it asks for", async () => {
    const shared = await stage.started(shell("exec sleep 1000"), { shareProcessNamespace: true });
    const found = await stage.runtime.images.status(image);
    const beside = await stage.runtime.containers.create(
      shared.sandboxId,
      aContainer(found?.ref ?? "", { image, name: "beside", ...shell("ps") }),
    );
    await stage.runtime.containers.start(beside);
    expect(await stage.output(beside)).toContain("sleep 1000");
    const onHost = await stage.started(shell("ls -d /proc/sys/net/ipv4/conf/pod*; readlink /proc/1/exe; exit 0"), {
      hostNetwork: true,
      hostPid: true,
      hostname: "",
    });
    expect(onHost.ip).toBe("");
    // The links of pods are in the network of whoever runs them here.
    expect(await stage.output(onHost.id)).toMatch(/\/conf\/pod/);
  });

  it("has its own sysctls, sees all of /proc or the machine's shared memory when it asks for that", async () => {
    const security = { ...aContainer("").security, procMount: "Unmasked" as const };
    const script =
      "cat /proc/sys/net/ipv4/tcp_keepalive_time; touch /proc/sys/net/ipv4/ip_forward && echo writable; readlink /proc/self/ns/ipc";
    const { id } = await stage.started(
      { ...shell(script), security },
      { hostIpc: true, sysctls: { "net.ipv4.tcp_keepalive_time": "777" } },
    );
    expect(await stage.output(id)).toBe(`777\nwritable\n${readlinkSync("/proc/self/ns/ipc")}\n`);
    const usual = await stage.started(shell("touch /proc/sys/net/ipv4/ip_forward; readlink /proc/self/ns/ipc"));
    const text = await stage.output(usual.id);
    expect(text).toContain("Read-only file system");
    expect(text).not.toContain(readlinkSync("/proc/self/ns/ipc"));
  });

  it("leaves no sandbox in containerd when it can't be joined to the network", async () => {
    const attach = (): Promise<never> => Promise.reject(new Error("no way in"));
    await using runtime = await stage.machine.node(stage.engine, "node-2", { attach });
    await expect(runtime.sandboxes.run(aSandbox({ nodeName: "node-2" }))).rejects.toThrow("no way in");
    expect(await runtime.sandboxes.list()).toEqual([]);
    const { items } = await stage.engine.channel.call(listPodSandbox, {});
    expect(items).toEqual([]);
  });

  it("is told of when its sandbox has died, but not when it was stopped", async () => {
    const { sandboxId } = await stage.started({});
    const other = await stage.started({});
    const lost: string[] = [];
    using _told = stage.runtime.sandboxes.onLost?.((id) => void lost.push(id));
    await stage.runtime.sandboxes.stop(other.sandboxId);
    const { info } = await stage.engine.channel.call(podSandboxStatus, { pod_sandbox_id: sandboxId, verbose: true });
    process.kill((JSON.parse(info["info"] ?? "") as { pid: number }).pid, "SIGKILL");
    await until(() => lost.length > 0);
    expect(lost).toEqual([sandboxId]);
    expect((await stage.runtime.sandboxes.list()).find(({ id }) => id === sandboxId)?.state).toBe("notReady");
  });

  it("is told of by containerd's own events when it ends, where it has them", async (context) => {
    context.skip(/^containerd:\/\/1\.[0-6]\./.test(stage.engine.version), `${stage.engine.version} has no events of containers`);
    const { id } = await stage.started(shell("until [ -e /tmp/end ]; do sleep 0.1; done"));
    const { channel, cluster } = stage.engine;
    // Its clock stands: it never looks by itself.
    using watch = new ExitWatch({ channel, cluster, clock: virtualClock(), log: silentLog, sharesEvents: false });
    const told: string[] = [];
    watch.add(id, () => told.push(id));
    await stage.runtime.streams.execSync(id, ["/bin/touch", "/tmp/end"], 5000);
    await until(async () => (await stage.runtime.containers.status(id))?.state === "exited");
    // It may have ended before the stream of events stood: others end until one of them has it look.
    while (told.length === 0) await stage.output((await stage.started(shell("exit 0"))).id);
    expect(await stage.runtime.containers.status(id)).toMatchObject({ state: "exited", exitCode: 0 });
  });

  it("gets every capability when it is privileged", async () => {
    const security = { ...aContainer("").security, privileged: true };
    const { id } = await stage.started({ ...shell("mount -t tmpfs tmpfs /tmp && echo mounted"), security }, { privileged: true });
    expect(await stage.output(id)).toBe("mounted\n");
  });

  it("uses images of this machine's own store", async () => {
    const options = { podUid: "", signal: new AbortController().signal, secrets: [] };
    expect(await stage.runtime.images.status(loadedName)).toBeUndefined();
    const { ref } = await stage.runtime.images.pull(loadedName, options);
    expect(await stage.runtime.images.status(loadedName)).toMatchObject({ ref, source: "local", user: "101" });
    const { id } = await stage.started({ ...shell("echo $FROM; id -u"), imageRef: ref });
    expect(await stage.output(id)).toBe("store\n101\n");
  });

  it("is pulled with the pod's own secrets, by basic and token authentication, and not without", async () => {
    await using registry = await faultyRegistry();
    const secret = (password: string): string =>
      JSON.stringify({ auths: { [registry.host]: { auth: Buffer.from(`${account.username}:${password}`).toString("base64") } } });
    const pull = (name: string, secrets: readonly string[]): Promise<ImageStatus> =>
      stage.runtime.images.pull(name, { podUid: "", signal: new AbortController().signal, secrets });
    for (const auth of ["basic", "token"] as const) {
      registry.faults.auth = auth;
      const name = registry.add(`team/${auth}:1`, busyboxImage({ Labels: { auth } }));
      await expect(pull(name, [])).rejects.toMatchObject({ reason: "ErrImagePull" });
      await expect(pull(name, [secret("wrong")])).rejects.toMatchObject({ reason: "ErrImagePull" });
      // Each that fits is tried.
      const pulled = await pull(name, [secret("wrong"), secret(account.password)]);
      expect(await stage.runtime.images.status(name)).toMatchObject({ ref: pulled.ref });
      await stage.runtime.images.remove(name);
      expect(await stage.runtime.images.status(name)).toBeUndefined();
    }
  });

  it("can't be pulled from where there is no registry", async () => {
    const options = { podUid: "", signal: new AbortController().signal, secrets: [] };
    await expect(stage.runtime.images.pull("127.0.0.1:1/none:1", options)).rejects.toMatchObject({ reason: "ErrImagePull" });
  });
});

describe("several on one containerd", () => {
  it("a pod that isn't Coxswain's gets no network, and is told why", async () => {
    const config = { metadata: { name: "foreign", uid: "foreign", namespace: "default", attempt: 0 } };
    await expect(stage.engine.channel.call(runPodSandbox, { config })).rejects.toThrow("Coxswain has no network for this pod");
  });

  it("nodes and clusters see only what is theirs", async () => {
    const second = await stage.machine.node(stage.engine, "node-2");
    const elsewhere = await stage.machine.engine("other");
    const foreign = await stage.machine.node(elsewhere, "node-1");
    const mine = await stage.started({});
    const beside = await stage.started({}, { nodeName: "node-2" }, second);
    try {
      expect((await stage.runtime.sandboxes.list()).map(({ id }) => id)).toEqual([mine.sandboxId]);
      expect((await second.containers.list()).map(({ id }) => id)).toEqual([beside.id]);
      expect(await foreign.sandboxes.list()).toEqual([]);
      expect(await foreign.containers.list()).toEqual([]);
      expect(beside.ip).toMatch(/^10\.244\.2\./);
    } finally {
      await stage.machine.clear(second);
    }
  });
});

describe("restarts", () => {
  it("of ours: pods are found again, joined again, and told of when they end", async () => {
    const { id, ip, sandboxId } = await stage.started(
      shell("echo still >/tmp/index.html; httpd -p 80 -h /tmp; while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 6"),
    );
    await until(async () => (await dial(ip, 80).catch(() => undefined))?.destroy() !== undefined);
    await stage.end();
    await stage.machine.restartNetwork();
    await stage.begin("life");
    expect(await stage.runtime.sandboxes.list()).toMatchObject([
      { id: sandboxId, ip, state: "ready", config: { name: `pod-${stage.pods}` } },
    ]);
    const ended = new Promise<string>((resolve) => {
      stage.runtime.containers.onEvent(({ type, containerId, sandboxId: where }) => {
        if (type === "exited") resolve(`${containerId} ${where}`);
      });
    });
    expect(await stage.runtime.containers.list()).toMatchObject([{ id, state: "running", image, sandboxId }]);
    await until(async () => (await dial(ip, 80).catch(() => undefined))?.destroy() !== undefined);
    const other = await stage.started({});
    expect(other.ip).not.toBe(ip);
    await stage.runtime.streams.execSync(id, ["/bin/touch", "/tmp/end"], 5000);
    expect(await ended).toBe(`${id} ${sandboxId}`);
    expect(await stage.runtime.containers.status(id)).toMatchObject({ exitCode: 6 });
  });

  it("of containerd's: pods go on, and calls work again when it is back", async () => {
    const { id } = await stage.started({});
    await stage.machine.containerd.kill();
    await expect(stage.runtime.containers.list()).rejects.toThrow("rpc error: code = Unavailable");
    await stage.machine.containerd.start();
    expect(await stage.runtime.containers.list()).toMatchObject([{ id, state: "running" }]);
    expect(stage.engine.health.problems).toEqual([]);
  });
});

describe("logs", () => {
  it("end for who follows them when the container is removed as soon as it has ended", async () => {
    const { id } = await stage.started(shell("echo short"));
    const followed = stage.output(id);
    await until(async () => (await stage.runtime.containers.status(id))?.state === "exited");
    await stage.runtime.containers.remove(id);
    expect(await followed).toBe("short\n");
  });

  it("are in the form that the kubelet's are", async () => {
    const { id } = await stage.started(shell("echo out; echo err >&2; printf partial"));
    expect(await stage.output(id)).toContain("out\n");
    const lines: string[] = [];
    for await (const { stream, text } of stage.runtime.streams.logs(id, { follow: false }))
      lines.push(`${stream} ${Buffer.from(text).toString()}`);
    expect(lines.sort()).toEqual(["stderr err\n", "stdout out\n", "stdout partial"]);
  });

  it("are put aside when they have grown too long: containerd begins a new one, and who follows misses nothing", async () => {
    const script =
      "dd if=/dev/zero bs=1M count=11 2>/dev/null | tr '\\0' x; echo; i=0; while :; do echo line $i; i=$((i+1)); sleep 0.2; done";
    const { id, sandboxId } = await stage.started(shell(script));
    const seen: number[] = [];
    const stop = new AbortController();
    const pod = (await stage.runtime.sandboxes.list()).find((each) => each.id === sandboxId)?.config;
    const aside = join(stage.machine.containerd.folder, `nodes/life/node-1/logs/default_${pod?.name}_${pod?.podUid}/main/0.log.1`);
    let since = 0;
    for await (const { text } of stage.runtime.streams.logs(id, { follow: true, signal: stop.signal })) {
      const found = /^line (\d+)\n$/.exec(text.length > 20 ? "" : Buffer.from(text).toString())?.[1];
      if (found !== undefined) seen.push(Number(found));
      if (existsSync(aside)) since += 1;
      if (since === 5) stop.abort();
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => n));
    expect(seen.length).toBeGreaterThan(5);
  });
});
