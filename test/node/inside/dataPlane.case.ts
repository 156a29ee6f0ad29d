import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNftables } from "../../../src/host-node/dataplane/nftables.ts";
import { openUserspace } from "../../../src/host-node/dataplane/userspace.ts";
import type { Backend, DataPlane, ServiceRule } from "../../../src/proxy/ports/dataPlane.ts";
import { aServiceRule } from "../../../src/testing/serviceRules.ts";
import { aContainer, aSandbox, dnsAddress, fetchText, figure, host, makeWorld, pull, serviceRange, until, type World } from "./world.ts";

let world: World;
/** Pods a, b on node-1, c on node-2 (as far as the rules know). */
let backends: readonly (Backend & { readonly container: string })[];

beforeAll(async () => {
  world = await makeWorld();
  backends = await Promise.all(
    ["1.0.0", "1.0.0", "2.0.0"].map(async (version, i) => {
      const name = `backend-${i}`;
      const sandbox = await world.runtime.sandboxes.run(aSandbox({ name }));
      const ref = await pull(world, `hello:${version}`);
      const container = await world.runtime.containers.create(sandbox.id, aContainer(ref, { env: [{ name: "APP_VERSION", value: name }] }));
      await world.runtime.containers.start(container);
      await until(() =>
        fetchText(`http://${sandbox.ip}/`).then(
          () => true,
          () => false,
        ),
      );
      return { ip: sandbox.ip, port: 80, nodeName: i === 2 ? "node-2" : "node-1", podName: name, container };
    }),
  );
});
afterAll(async () => await world[Symbol.asyncDispose]());

const aRule = (parts: Partial<ServiceRule> = {}): ServiceRule => aServiceRule({ id: "default/hello:http", port: 8080, backends, ...parts });

const versionAt = async (address: string): Promise<string> => {
  const text = await fetchText(`http://${address}/version`);
  return (JSON.parse(text) as { version: string }).version;
};
const insidePod = async (i: number, ...command: string[]): Promise<string> => {
  const { stdout, exitCode } = await world.runtime.streams.execSync(backends[i]?.container ?? "", command, 5000);
  return exitCode === 0 ? Buffer.from(stdout).toString().trim() : `exit ${exitCode}`;
};
const curlFrom = (i: number, address: string): Promise<string> => insidePod(i, "curl", "-s", "-m", "3", `http://${address}/version`);
const spread = async (address: string, count: number): Promise<Map<string, number>> => {
  const seen = new Map<string, number>();
  for (let n = 0; n < count; n += 1) {
    const version = await versionAt(address);
    seen.set(version, (seen.get(version) ?? 0) + 1);
  }
  return seen;
};

const planes = [
  {
    name: "nftables",
    open: async (): Promise<DataPlane> => {
      await world.network.routeServices("rewritten");
      return await openNftables({ serviceRange, nodes: () => world.network.nodes });
    },
  },
  {
    name: "userspace",
    open: async (): Promise<DataPlane> => {
      await world.network.routeServices("listeners");
      return openUserspace({ ...host, network: world.network, reserved: [dnsAddress] });
    },
  },
] as const;

describe.each(planes)("$name", ({ name, open }) => {
  let plane: DataPlane;
  beforeAll(async () => {
    plane = await open();
  });
  afterAll(async () => await plane[Symbol.asyncDispose]());

  it("reaches all backends, from the node and from pods, also a pod itself", async () => {
    await plane.apply([aRule()]);
    const seen = await spread("10.96.1.1:8080", 60);
    expect([...seen.keys()].sort()).toEqual(["backend-0", "backend-1", "backend-2"]);
    expect(Math.min(...seen.values())).toBeGreaterThan(5);
    expect(await curlFrom(0, "10.96.1.1:8080")).toContain("backend-");
    await plane.apply([aRule({ backends: backends.slice(0, 1) })]);
    expect(await curlFrom(0, "10.96.1.1:8080")).toContain("backend-0");
  });

  it("changes all backends at once: not one old answer after the change", async () => {
    await plane.apply([aRule({ backends: backends.slice(0, 2) })]);
    const took: number[] = [];
    const run = { stopped: false, done: 0, failed: 0 };
    const load = (async () => {
      while (!run.stopped) {
        await versionAt("10.96.1.1:8080").catch(() => (run.failed += 1));
        run.done += 1;
      }
    })();
    for (let n = 0; n < 10; n += 1) {
      const side = n % 2 === 0 ? backends.slice(2) : backends.slice(0, 2);
      const begun = performance.now();
      await plane.apply([aRule({ backends: side })]);
      took.push(performance.now() - begun);
      const seen = await spread("10.96.1.1:8080", 10);
      const allowed = side.map((backend) => backend.podName);
      expect([...seen.keys()].filter((version) => !allowed.includes(version))).toEqual([]);
    }
    run.stopped = true;
    await load;
    expect(run.failed).toBe(0);
    expect(run.done).toBeGreaterThan(10);
    figure(
      `${name}: ten swaps of all backends under load, ms each: ${took.map((ms) => ms.toFixed(1)).join(" ")}; ${run.done} requests, ${run.failed} failed`,
    );
  });

  it("refuses connections to a Service without backends and to unused addresses", async () => {
    await plane.apply([aRule({ backends: [] })]);
    const refused = name === "nftables" ? "ECONNREFUSED" : /ECONNREFUSED|EHOSTUNREACH/;
    await expect(versionAt("10.96.1.1:8080")).rejects.toThrow(refused);
    await expect(versionAt("10.96.77.7:80")).rejects.toThrow(refused);
    // curl's own code for "could not connect": at once, not after its time limit (28).
    expect(await curlFrom(0, "10.96.1.1:8080")).toBe("exit 7");
    expect(await curlFrom(0, "10.96.77.7:80")).toBe("exit 7");
  });

  it("keeps a client on one backend with affinity, and moves it when that one goes", async () => {
    await plane.apply([aRule({ affinitySeconds: 60 })]);
    const seen = await spread("10.96.1.1:8080", 12);
    expect(seen.size).toBe(1);
    const [first = ""] = seen.keys();
    const rest = backends.filter((backend) => backend.podName !== first);
    await plane.apply([aRule({ affinitySeconds: 60, backends: rest })]);
    const after = await spread("10.96.1.1:8080", 12);
    expect(after.size).toBe(1);
    expect([...after.keys()]).not.toContain(first);
    await plane.apply([aRule()]);
    expect((await spread("10.96.1.1:8080", 40)).size).toBe(3);
  });

  it("answers on node ports and external addresses, and takes them back", async () => {
    await plane.apply([aRule({ nodePort: 30_080, externalIPs: ["198.51.100.7"] })]);
    const [node] = world.network.nodes;
    expect(await versionAt(`${node?.ip}:30080`)).toContain("backend-");
    expect(await curlFrom(1, `${node?.ip}:30080`)).toContain("backend-");
    expect(await curlFrom(1, "198.51.100.7:8080")).toContain("backend-");
    await plane.apply([]);
    await expect(versionAt(`${node?.ip}:30080`)).rejects.toThrow("ECONNREFUSED");
    expect(await curlFrom(1, "198.51.100.7:8080")).toBe("exit 7");
  });

  it.skipIf(name === "userspace")("serves a local Service by the client's own node", async () => {
    await plane.apply([aRule({ internalPolicy: "Local", nodePort: 30_080, externalPolicy: "Local" })]);
    const answers = new Set<string>();
    for (let n = 0; n < 12; n += 1) answers.add(await curlFrom(0, "10.96.1.1:8080"));
    expect([...answers].sort()).toEqual(['{"version":"backend-0"}', '{"version":"backend-1"}']);
    const [, second] = world.network.nodes;
    expect([...(await spread(`${second?.ip}:30080`, 8)).keys()]).toEqual(["backend-2"]);
  });

  it("leads a node's port to a pod, from others and from the pod itself, and leaves the node its address", async () => {
    const [node] = world.network.nodes;
    const ip = node?.ip ?? "";
    await plane.apply([aRule({ id: "default/web:host-port-tcp-8088", clusterIP: ip, port: 8088, backends: backends.slice(1, 2) })]);
    const [version] = (await spread(`${ip}:8088`, 1)).keys();
    expect(version).toBe("backend-1");
    expect(await curlFrom(1, `${ip}:8088`)).toContain("backend-1");
    expect(await curlFrom(2, `${ip}:8088`)).toContain("backend-1");
    await plane.apply([]);
    expect(await insidePod(0, "curl", "-s", "-m", "3", `http://${ip}:8088/`)).toBe("exit 7");
  });

  it("serves many Services and changes few of them quickly", async () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      aRule({ id: `default/many-${i}:http`, clusterIP: `10.97.${Math.floor(i / 250)}.${(i % 250) + 1}` }),
    );
    const first = performance.now();
    await plane.apply(many);
    const whole = performance.now() - first;
    expect(await versionAt("10.97.1.250:8080")).toContain("backend-");
    const second = performance.now();
    await plane.apply(many.map((rule, i) => (i === 499 ? { ...rule, backends: backends.slice(2) } : rule)));
    figure(`${name}: 500 Services made in ${whole.toFixed(0)} ms, one of them changed in ${(performance.now() - second).toFixed(1)} ms`);
    expect([...(await spread("10.97.1.250:8080", 8)).keys()]).toEqual(["backend-2"]);
    await plane.apply([]);
  });
});
