/** What pods may share with their node or among themselves, and what they are kept from. As root and as an ordinary user. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContainerConfig, PodSandboxConfig } from "../../../src/kubelet/ports/runtime.ts";
import { aContainer, asRoot, aSandbox, makeWorld, outputOf, pull, until, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => await world[Symbol.asyncDispose]());

type Security = ContainerConfig["security"];
const secured = (more: Partial<Security>): Partial<ContainerConfig> => ({ security: { ...aContainer("").security, ...more } });
let pods = 0;

/** Runs shell scripts side by side in one pod; gives their containers. */
async function pod(
  sandbox: Partial<PodSandboxConfig>,
  scripts: readonly string[],
  container: Partial<ContainerConfig> = {},
): Promise<string[]> {
  pods += 1;
  const made = await world.runtime.sandboxes.run(aSandbox({ name: `isolated-${pods}`, ...sandbox }));
  const ref = await pull(world, "hello:1.0.0");
  const ids: string[] = [];
  for (const [index, script] of scripts.entries()) {
    const config = aContainer(ref, { name: `c${index}`, command: ["sh", "-c", script], ...container });
    const id = await world.runtime.containers.create(made.id, config);
    await world.runtime.containers.start(id);
    ids.push(id);
  }
  return ids;
}

async function said(sandbox: Partial<PodSandboxConfig>, script: string, container: Partial<ContainerConfig> = {}): Promise<string> {
  const [id = ""] = await pod(sandbox, [script], container);
  return await outputOf(world, id);
}

const running = (command: string): boolean =>
  readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").includes(command);
    } catch {
      return false;
    }
  });

describe("what a pod shares when it asks for it", () => {
  it("hostPID: the node's processes, and none of its own stays behind", async () => {
    const text = await said({ hostPid: true }, "readlink /proc/self/ns/pid; sleep 54321 & ls -d /proc/[0-9]* | wc -l");
    const [namespace = "", processes = ""] = text.split("\n");
    expect(namespace).toBe(readlinkSync("/proc/self/ns/pid"));
    expect(Number(processes)).toBeGreaterThan(3);
    await until(() => !running("sleep 54321"));
  });

  it("hostIPC: the node's IPC namespace and shared memory", async () => {
    const own = readlinkSync("/proc/self/ns/ipc");
    expect(await said({ hostIpc: true }, "readlink /proc/self/ns/ipc; echo one >/dev/shm/x")).toBe(`${own}\n`);
    expect(await said({ hostIpc: true }, "cat /dev/shm/x; rm /dev/shm/x")).toBe("one\n");
    expect(await said({}, "readlink /proc/self/ns/ipc; ls /dev/shm")).not.toContain(own);
  });

  it("hostNetwork: the node's network, with its interfaces", async () => {
    expect(await said({ hostNetwork: true }, "readlink /proc/self/ns/net")).toBe(`${readlinkSync("/proc/self/ns/net")}\n`);
  });

  it("its containers: shared memory of the pod, kept from others", async () => {
    const waits = "while ! cat /dev/shm/from 2>/dev/null; do sleep 0.02; done; stat -c %a /dev/shm";
    const [, reader = ""] = await pod({}, ["echo both >/dev/shm/from; exec sleep 100", waits]);
    expect(await outputOf(world, reader)).toBe("both\n1777\n");
    expect(await said({}, "ls /dev/shm | wc -l")).toBe("0\n");
  });

  it("shared memory has a limit of 64 MiB, and goes with the pod", async () => {
    const mounts = (): number => readFileSync("/proc/self/mountinfo", "utf8").split("/shm-").length;
    const before = mounts();
    const fill = "head -c 67108865 /dev/zero >/dev/shm/x 2>/dev/null || stat -c %s /dev/shm/x";
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "shared-memory" }));
    expect(mounts()).toBe(before + 1);
    const ref = await pull(world, "hello:1.0.0");
    const id = await world.runtime.containers.create(sandbox.id, aContainer(ref, { command: ["sh", "-c", fill] }));
    await world.runtime.containers.start(id);
    expect(await outputOf(world, id)).toBe("67108864\n");
    await world.runtime.containers.remove(id);
    await world.runtime.sandboxes.remove(sandbox.id);
    expect(mounts()).toBe(before);
  });

  it.each([false, true])("shareProcessNamespace: processes, which end with their own container (terminal: %s)", async (tty) => {
    const scripts = ["trap '' HUP; sleep 65432 & exit 0", "exec sleep 1000"];
    const [first = "", second = ""] = await pod({ shareProcessNamespace: true }, scripts, { tty });
    await outputOf(world, first);
    await until(() => !running("sleep 65432"));
    expect((await world.runtime.containers.status(second))?.state).toBe("running");
  });

  it("sysctls of its own namespaces", async () => {
    const sysctls = { "net.ipv4.tcp_keepalive_time": "77", "net.ipv4.ip_local_port_range": "2000 3000" };
    const text = await said({ sysctls }, "cat /proc/sys/net/ipv4/tcp_keepalive_time /proc/sys/net/ipv4/ip_local_port_range");
    expect(text).toBe("77\n2000\t3000\n");
    await expect(said({ sysctls: { "net.ipv4.nonsense": "1" } }, "true")).rejects.toThrow(/cannot make the pod's namespaces/);
  });
});

describe("what a container sees of the kernel", () => {
  it("/sys without a way to change it, and its own control groups there", async () => {
    const text = await said(
      {},
      "touch /sys/kernel/x 2>&1; ls /sys/class/net; ls /sys/firmware | wc -l; cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>&1",
      {
        resources: { ...aContainer("").resources, memoryLimitBytes: 64 << 20 },
      },
    );
    expect(text).toContain("Read-only file system");
    expect(text).toMatch(/eth0\nlo\n/);
    const isSeen = asRoot && world.runtime.limits.enforced && existsSync("/sys/fs/cgroup/memory");
    expect(text.includes(String(64 << 20))).toBe(isSeen);
  });

  it.skipIf(!asRoot)("none of /proc that is about the machine", async () => {
    const hidden = ["kcore", "keys", "timer_list"].filter((name) => existsSync(`/proc/${name}`)).map((name) => `/proc/${name}`);
    const writes = "echo h >/proc/sysrq-trigger; echo 1 >/proc/sys/kernel/printk";
    const text = await said({}, `for f in ${hidden.join(" ")}; do head -c1 $f | wc -c; done; ${writes}`);
    expect(text.match(/^0$/gm)).toHaveLength(hidden.length);
    const written = ["sysrq-trigger", "sys/kernel/printk"].filter((name) => existsSync(`/proc/${name}`));
    expect(text.match(/Read-only file system/g)).toHaveLength(written.length);
  });

  it.skipIf(!asRoot)("more of it with procMount Unmasked, and all when privileged", async () => {
    expect(await said({}, "test -w /proc/sys/kernel/domainname && echo writable", secured({ procMount: "Unmasked" }))).toBe("writable\n");
    const script =
      "grep CapEff /proc/self/status; mount -t tmpfs x /tmp && echo mounted; test -w /proc/sys/kernel/domainname && echo writable";
    expect(await said({}, script, secured({ privileged: true }))).toMatch(/^CapEff:\t0*1ff[0-9a-f]{8}\nmounted\nwritable\n$/);
  });
});

describe("how privileges grow", () => {
  const script = "cp /usr/bin/id /tmp/id && chmod 4755 /tmp/id && grep NoNewPrivs /proc/self/status && exec sleep 1000";

  it("by a set-uid program", async () => {
    const [id = ""] = await pod({}, [
      "cp /bin/cat /tmp/cat && chmod 4755 /tmp/cat && echo secret >/root/x && chmod 700 /root && exec sleep 1000",
    ]);
    const asOther = ["setpriv", "--reuid", "1000", "--clear-groups", "/tmp/cat", "/root/x"];
    await until(async () => (await world.runtime.streams.execSync(id, ["test", "-e", "/root/x"], 5000)).exitCode === 0);
    const { stdout, exitCode } = await world.runtime.streams.execSync(id, asOther, 5000);
    // An ordinary user's containers have one user only, who hears that it became another and stays: it may read as before.
    expect([Buffer.from(stdout).toString(), exitCode]).toEqual(["secret\n", 0]);
    await world.runtime.containers.stop(id, 0);
  });

  it("never where the pod says so", async () => {
    const [id = ""] = await pod({}, [script], secured({ noNewPrivileges: true }));
    await until(async () => (await world.runtime.streams.execSync(id, ["test", "-u", "/tmp/id"], 5000)).exitCode === 0);
    const { stdout } = await world.runtime.streams.execSync(id, ["grep", "NoNewPrivs", "/proc/self/status"], 5000);
    expect(Buffer.from(stdout).toString()).toBe("NoNewPrivs:\t1\n");
    await world.runtime.containers.stop(id, 0);
  });
});
