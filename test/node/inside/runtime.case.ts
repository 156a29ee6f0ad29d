import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parentOf, treeOf } from "../../../src/host-node/runtime/processes.ts";
import { diskVolumes } from "../../../src/host-node/volumes.ts";
import { StartError } from "../../../src/kubelet/ports/runtime.ts";
import { aContainer, aSandbox, exited, fetchText, figure, makeWorld, outputOf, pull, runShell, until, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => await world[Symbol.asyncDispose]());

const sync = async (id: string, ...command: string[]): Promise<string> => {
  const { stdout, stderr } = await world.runtime.streams.execSync(id, command, 10_000);
  return (Buffer.from(stdout).toString() + Buffer.from(stderr).toString()).trim();
};

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

describe("a pod of the catalogue's hello", () => {
  it("starts, answers on its own address, and stops gracefully", async () => {
    const ref = await pull(world, "kelseyhightower/hello:2.0.0");
    const times: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const begun = performance.now();
      const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: `hello-${i}` }));
      const id = await world.runtime.containers.create(sandbox.id, aContainer(ref));
      await world.runtime.containers.start(id);
      times.push(performance.now() - begun);
      await until(() =>
        fetchText(`http://${sandbox.ip}:81/readiness`).then(
          () => true,
          () => false,
        ),
      );
      expect(await fetchText(`http://${sandbox.ip}/version`)).toBe('{"version":"2.0.0"}');
      await world.runtime.containers.stop(id, 10_000);
      expect(await world.runtime.containers.status(id)).toMatchObject({ state: "exited", exitCode: 0, signal: 0, reason: "Completed" });
      await world.runtime.sandboxes.remove(sandbox.id);
    }
    figure(`sandbox and container in ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  });
});

describe("exits", () => {
  it("reports exit codes and signals", async () => {
    const failed = await runShell(world, "exit 3");
    await exited(world, failed);
    expect(await world.runtime.containers.status(failed)).toMatchObject({ exitCode: 3, signal: 0, reason: "Error" });
    const killed = await runShell(world, "sleep 60");
    await world.runtime.containers.stop(killed, 0);
    expect(await world.runtime.containers.status(killed)).toMatchObject({ exitCode: 137, signal: 9, reason: "Error" });
  });

  it("leaves no program when the process that holds the container is killed", async () => {
    const id = await runShell(world, "exec sleep 54321");
    const programs = (): readonly number[] => treeOf(process.pid).filter((pid) => commandOf(pid) === "sleep 54321");
    await until(() => programs().length === 1);
    const [program = 0] = programs();
    process.kill(parentOf(program), "SIGKILL");
    await exited(world, id);
    expect(commandOf(program)).toBe("");
    expect(await world.runtime.containers.status(id)).toMatchObject({ exitCode: 137, signal: 9, reason: "Error" });
  });

  it("kills after the grace what ignores SIGTERM", async () => {
    const id = await runShell(world, 'trap "echo told" TERM; echo up; while :; do sleep 0.1; done');
    const said = async (): Promise<string> => {
      let text = "";
      for await (const line of world.runtime.streams.logs(id, { follow: false })) text += Buffer.from(line.text).toString();
      return text;
    };
    await until(async () => (await said()) === "up\n");
    // It was told, and had the time to say so and to go on.
    await world.runtime.containers.stop(id, 1500);
    expect(await said()).toBe("up\ntold\n");
    expect(await world.runtime.containers.status(id)).toMatchObject({ exitCode: 137 });
  });

  it("ends background processes with process 1", async () => {
    const id = await runShell(world, "sleep 1000 & exit 0");
    await exited(world, id);
    expect(await world.runtime.containers.status(id)).toMatchObject({ exitCode: 0 });
  });

  it("tells of starts and exits", async () => {
    const seen: string[] = [];
    using subscription = world.runtime.containers.onEvent(({ type }) => seen.push(type));
    void subscription;
    const id = await runShell(world, "exit 0");
    await exited(world, id);
    expect(seen).toEqual(["started", "exited"]);
  });

  it.each([
    [["no-such-program"], 127, 'exec: "no-such-program": executable file not found in $PATH'],
    [["/etc/passwd"], 126, 'exec: "/etc/passwd": permission denied'],
    [["/no/such"], 127, 'exec: "/no/such": stat /no/such: no such file or directory'],
  ])("refuses to start %j", async (command, exitCode, message) => {
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "bad" }));
    const id = await world.runtime.containers.create(sandbox.id, aContainer(await pull(world, "hello:1.0.0"), { command }));
    await expect(world.runtime.containers.start(id)).rejects.toThrow(new StartError(exitCode, message));
    expect(await world.runtime.containers.status(id)).toMatchObject({ state: "exited", exitCode, reason: "StartError" });
    await world.runtime.sandboxes.remove(sandbox.id);
  });
});

describe("what a container sees", () => {
  it("has its own host name, process ids, hosts and resolv.conf", async () => {
    const id = await runShell(world, "hostname; echo $$; cat /etc/hosts /etc/resolv.conf; ls -d /proc/[0-9]*");
    const text = await outputOf(world, id);
    expect(text).toMatch(/^shell-\d+\n1\n# Kubernetes-managed hosts file\./);
    expect(text).toMatch(/\n10\.244\.\d+\.\d+\tshell-\d+\n/);
    expect(text).toContain("search default.svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n");
    expect(text.match(/\/proc\/\d+/g)?.length).toBeLessThan(4);
  });

  it("sees nothing of the machine's other folders", async () => {
    const id = await runShell(world, "ls /; ls /home /root /work 2>&1; ls /tmp | wc -l");
    const text = await outputOf(world, id);
    expect(text).not.toMatch(/^work$/m);
    expect(text).toContain("cannot access '/work'");
  });

  it("writes to its own root only, and not at all to a read-only one", async () => {
    const own = await runShell(world, "echo x >/etc/new && cat /etc/new; touch /usr/x 2>&1; touch /dev/x 2>&1");
    const text = await outputOf(world, own);
    expect(text).toMatch(/^x\n/);
    expect(text.match(/Read-only file system/g)).toHaveLength(2);
    const other = await runShell(world, "cat /etc/new");
    expect(await outputOf(world, other)).toContain("No such file");
    const security = { ...aContainer("").security, readOnlyRootFilesystem: true };
    const readOnly = await runShell(world, "touch /x; echo $?", { security });
    expect(await outputOf(world, readOnly)).toContain("Read-only file system\n1\n");
  });

  it("has no way to the machine", async () => {
    // The namespace's init, mounts, kernel settings, devices: all out of reach.
    const script = `
      mount -t tmpfs none /tmp 2>&1 | tail -1
      umount / 2>&1 | tail -1
      mknod /tmp/disk b 254 0 2>&1
      echo 1 >/proc/sys/kernel/printk 2>/dev/null && echo WROTE
      ip link add dummy0 type dummy 2>&1
      grep CapEff /proc/self/status`;
    const text = await outputOf(world, await runShell(world, script));
    expect(text).not.toContain("WROTE");
    expect(text).toContain("CapEff:\t00000000a00425fb");
    expect(text).toMatch(/mknod: \/tmp\/disk: Operation not permitted/);
    expect(text).toMatch(/RTNETLINK answers: Operation not permitted/);
  });

  it("drops capabilities as asked, and runs as another user", async () => {
    const security = { ...aContainer("").security, capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] }, noNewPrivileges: true };
    const bare = await runShell(world, "grep -E 'CapEff|NoNewPrivs' /proc/self/status", { security });
    expect(await outputOf(world, bare)).toBe("CapEff:\t0000000000000400\nNoNewPrivs:\t1\n");
    const user = await runShell(world, "id -u; id -g; grep CapEff /proc/self/status", {
      security: { ...security, capabilities: { add: [], drop: [] }, runAsUser: 1234, runAsGroup: 2345 },
    });
    expect(await outputOf(world, user)).toBe("1234\n2345\nCapEff:\t0000000000000000\n");
  });

  it("gets its environment whole, and passes none of it to our tools", async () => {
    const env = [
      { name: "A", value: "x y\n'z'" },
      { name: "with.dot", value: "1" },
      { name: "LD_PRELOAD", value: "" },
      { name: "PATH", value: "/nothing:/usr/bin:/bin" },
    ];
    const text = await outputOf(world, await runShell(world, "", { command: ["env"], env, workingDir: "/some/new/place" }));
    expect(text).toContain("A=x y\n'z'\n");
    expect(text).toContain("with.dot=1\n");
    expect(text).toContain("PATH=/nothing:/usr/bin:/bin\n");
    expect(await outputOf(world, await runShell(world, "pwd", { workingDir: "/some/new/place" }))).toBe("/some/new/place\n");
  });

  it("sees its volumes, read-only where asked, also inside one another", async () => {
    const data = join(world.folder, "data");
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, "key"), "value\n");
    const single = join(world.folder, "single");
    writeFileSync(single, "one\n");
    const mounts = [
      { hostPath: data, containerPath: "/var/run/data", readOnly: false },
      { hostPath: data, containerPath: "/deep/in/side", readOnly: true },
      { hostPath: single, containerPath: "/deep/file", readOnly: true },
      { hostPath: single, containerPath: "/dev/termination-log", readOnly: false },
    ];
    const script =
      "cat /run/data/key /deep/in/side/key /deep/file; touch /deep/in/side/x; echo done >/dev/termination-log; touch /var/run/data/y && echo ok";
    const text = await outputOf(world, await runShell(world, script, { mounts }));
    expect(text).toContain("value\nvalue\none\n");
    expect(text).toContain("Read-only file system");
    expect(text).toContain("ok\n");
  });

  it("shares process ids in a pod that asks for it", async () => {
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "shared", shareProcessNamespace: true }));
    const ref = await pull(world, "hello:1.0.0");
    const make = async (name: string, script: string): Promise<string> => {
      const id = await world.runtime.containers.create(sandbox.id, aContainer(ref, { name, command: ["sh", "-c", script] }));
      await world.runtime.containers.start(id);
      return id;
    };
    const first = await make("first", "exec sleep 4321");
    const second = await make("second", "while ! ps ax | grep -q '[s]leep 4321'; do sleep 0.05; done; echo seen");
    expect(await outputOf(world, second)).toBe("seen\n");
    await world.runtime.sandboxes.remove(sandbox.id);
    expect(await world.runtime.containers.status(first)).toMatchObject({ state: "exited", exitCode: 137 });
  });
});

describe("special pods", () => {
  it("puts a pod on the node's own network when it asks for it", async () => {
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "host", hostNetwork: true }));
    expect(sandbox.ip).toBe("");
    const ref = await pull(world, "hello:1.0.0");
    const command = ["/hello", "-http", "127.0.0.1:18080", "-health", "127.0.0.1:18081"];
    const id = await world.runtime.containers.create(sandbox.id, aContainer(ref, { command }));
    await world.runtime.containers.start(id);
    await until(() =>
      fetchText("http://127.0.0.1:18080/").then(
        () => true,
        () => false,
      ),
    );
    await world.runtime.sandboxes.remove(sandbox.id);
    await expect(fetchText("http://127.0.0.1:18080/")).rejects.toThrow("ECONNREFUSED");
  });

  it("lets an ordinary user write to /tmp, and any user to an emptyDir of memory", async () => {
    const volumes = diskVolumes({ folder: join(world.folder, "volumes") });
    const memory = await volumes.emptyDir("uid", "cache", { memory: true, sizeLimitBytes: 1024 * 1024 });
    const script =
      "touch /tmp/x /cache/x && df -k /cache | tail -1 | grep -c ' 1024 '; head -c 2000000 /dev/zero >/cache/big; ls -la / | grep ' tmp$'";
    const text = await outputOf(
      world,
      await runShell(world, script, {
        security: { ...aContainer("").security, runAsUser: 1234 },
        mounts: [{ hostPath: memory, containerPath: "/cache", readOnly: false }],
      }),
    );
    expect(text).toMatch(/^1\n/);
    expect(text).toContain("No space left on device");
    expect(text).toContain("drwxrwxrwt");
    await volumes.remove("uid");
    expect(await volumes.list()).toEqual([]);
  });

  it("tells of a sandbox whose holding process was ended, but not of one that was stopped", async () => {
    const lost: string[] = [];
    using _told = world.runtime.sandboxes.onLost?.((id) => void lost.push(id));
    const holders = (): number[] => treeOf(process.pid).filter((pid) => commandOf(pid) === "sleep 2147483647");
    await until(async () => holders().length === (await world.runtime.sandboxes.list()).filter(({ state }) => state === "ready").length);
    const before = new Set(holders());
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "lost" }));
    const holder = (): number | undefined => holders().find((pid) => !before.has(pid));
    await until(() => holder() !== undefined);
    process.kill(holder() ?? 0, "SIGKILL");
    await until(() => lost.length > 0);
    expect((await world.runtime.sandboxes.list()).find((each) => each.id === sandbox.id)?.state).toBe("notReady");
    await world.runtime.sandboxes.remove(sandbox.id);
    const stopped = await world.runtime.sandboxes.run(aSandbox({ name: "stopped" }));
    await world.runtime.sandboxes.remove(stopped.id);
    expect(lost).toEqual([sandbox.id]);
  });

  it("removes a sandbox with everything in it, and gives its address back late", async () => {
    const first = await world.runtime.sandboxes.run(aSandbox({ name: "one" }));
    const id = await world.runtime.containers.create(
      first.id,
      aContainer(await pull(world, "hello:1.0.0"), { command: ["sleep", "1000"] }),
    );
    await world.runtime.containers.start(id);
    await world.runtime.sandboxes.stop(first.id);
    await world.runtime.sandboxes.stop(first.id);
    expect(await world.runtime.containers.status(id)).toMatchObject({ state: "exited", exitCode: 137 });
    expect((await world.runtime.sandboxes.list()).find((each) => each.id === first.id)?.state).toBe("notReady");
    await world.runtime.containers.remove(id);
    await world.runtime.sandboxes.remove(first.id);
    await world.runtime.sandboxes.remove(first.id);
    const second = await world.runtime.sandboxes.run(aSandbox({ name: "two" }));
    expect(second.ip).not.toBe(first.ip);
    await world.runtime.sandboxes.remove(second.id);
  });
});

describe("exec", () => {
  it("gives both streams and the exit code, with the container's rights", async () => {
    const id = await runShell(world, "sleep 1000", { env: [{ name: "COLOUR", value: "blue" }] });
    const result = await world.runtime.streams.execSync(id, ["sh", "-c", "echo out; echo err >&2; exit 7"], 10_000);
    expect(result).toMatchObject({ exitCode: 7, timedOut: false });
    expect(Buffer.from(result.stdout).toString()).toBe("out\n");
    expect(Buffer.from(result.stderr).toString()).toBe("err\n");
    expect(await sync(id, "sh", "-c", "echo $COLOUR; grep CapEff /proc/self/status")).toBe("blue\nCapEff:\t00000000a00425fb");
    await world.runtime.containers.stop(id, 0);
  });

  it("ends what takes too long, with all that it started", async () => {
    const id = await runShell(world, "sleep 1000");
    const result = await world.runtime.streams.execSync(id, ["sh", "-c", "sleep 777 & sleep 778"], 200);
    expect(result.timedOut).toBe(true);
    await until(async () => !(await sync(id, "ps", "ax")).includes("sleep 77"));
    await world.runtime.containers.stop(id, 0);
  });
});

describe("standard streams", () => {
  it.each([0, 1234])("can be opened by their paths, by user %i", async (runAsUser) => {
    const security = { ...aContainer("").security, runAsUser };
    const script =
      "echo one >/dev/stdout; echo two >/proc/self/fd/1; ln -s /dev/stdout /tmp/log; echo three >>/tmp/log; echo four >/dev/stderr";
    const lines = (await outputOf(world, await runShell(world, script, { security }))).trim().split("\n");
    expect(lines.filter((line) => line !== "four")).toEqual(["one", "two", "three"]);
    expect(lines).toContain("four");
  });

  it("are pipes for commands too", async () => {
    const id = await runShell(world, "sleep 1000");
    expect(await sync(id, "sh", "-c", "echo out >/dev/stdout; test -p /dev/stdout && echo pipe")).toBe("out\npipe");
    await world.runtime.containers.stop(id, 0);
  });
});

describe("stats", () => {
  it("adds up a container's processes", async () => {
    const id = await runShell(world, "sleep 1000 & i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done; wait");
    await until(async () => (await world.runtime.stats()).some((each) => each.containerId === id && each.cpuNanos > 50_000_000));
    const stats = (await world.runtime.stats()).find((each) => each.containerId === id);
    expect(stats?.memoryBytes).toBeGreaterThan(200_000);
    await world.runtime.containers.stop(id, 0);
  });
});
