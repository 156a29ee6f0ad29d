import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pod as podKind } from "../api/core/v1/pod.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import { serviceAccount as accountKind } from "../api/core/v1/serviceAccount.ts";
import { endpointSlice as sliceKind } from "../api/discovery/v1/endpointSlice.ts";
import { controllerWorld, type ControllerWorld } from "../testing/controllerWorld.ts";
import type { DataPlane, ServiceRule } from "./ports/dataPlane.ts";
import { startProxy, type Proxy } from "./proxy.ts";

const namespace = "default";
let world: ControllerWorld;
let proxy: Proxy;
/** What was applied, as `service=backends` of interest, and when. */
let applied: { readonly at: number; readonly rules: string }[];
let tookMs: number;
let refuse: boolean;
let startedMs: number;

beforeEach(async () => {
  world = await controllerWorld(() => []);
  applied = [];
  tookMs = 0;
  refuse = false;
  startedMs = world.clock.now();
  proxy = startProxy({ ...world.deps, dataPlane: plane() });
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

function plane(): DataPlane {
  return {
    name: "simulated",
    async apply(rules) {
      if (tookMs > 0) {
        await new Promise<void>((resolve) => {
          world.clock.after(tookMs, resolve);
        });
      }
      if (refuse) throw new Error("no");
      applied.push({ at: world.clock.now() - startedMs, rules: textOf(rules) });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
function textOf(rules: readonly ServiceRule[]): string {
  return rules
    .filter((rule) => !rule.id.startsWith("default/kubernetes:"))
    .map((rule) => `${rule.id}=${rule.backends.map((backend) => backend.ip).join("+")}`)
    .join(" ");
}
async function createService(name: string): Promise<void> {
  await world.client.create(serviceKind, { metadata: { name, namespace }, spec: { selector: { app: name }, ports: [{ port: 80 }] } });
}
async function setBackends(service: string, ...ips: string[]): Promise<void> {
  const metadata = { name: `${service}-1`, namespace, labels: { "kubernetes.io/service-name": service } };
  const endpoints = ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } }));
  const slice = { metadata, addressType: "IPv4", endpoints, ports: [{ name: "", port: 8080, protocol: "TCP" }] };
  const current = await world.client.get(sliceKind, { namespace, name: metadata.name });
  if (current === undefined) await world.client.create(sliceKind, slice);
  else await world.client.update(sliceKind, { ...current, endpoints });
}

describe("the data plane", () => {
  it("is filled once at the start, with the whole state", async () => {
    await createService("web");
    await setBackends("web", "10.0.0.1");
    await world.clock.advance(100);
    await proxy[Symbol.asyncDispose]();
    applied = [];
    proxy = startProxy({ ...world.deps, dataPlane: plane() });
    await world.clock.advance(1);
    await proxy.ready;
    expect(applied.map((each) => each.rules)).toEqual(["default/web:=10.0.0.1"]);
  });

  it("hears of a change after a rest without any wait", async () => {
    await createService("web");
    await setBackends("web", "10.0.0.1");
    await world.clock.advance(1000);
    const before = world.clock.now() - startedMs;
    await setBackends("web", "10.0.0.2");
    await world.clock.advance(0);
    expect(applied.at(-1)).toEqual({ at: before, rules: "default/web:=10.0.0.2" });
  });

  it("hears of new endpoints at once though their Service has just changed, where that altered no rule", async () => {
    await createService("web");
    await setBackends("web", "10.0.0.1");
    await world.clock.advance(1000);
    await world.client.patch(serviceKind, { namespace, name: "web" }, "merge", { spec: { selector: { app: "other" } } });
    await world.clock.advance(2);
    const before = world.clock.now() - startedMs;
    await setBackends("web", "10.0.0.2");
    await world.clock.advance(0);
    expect(applied.at(-1)).toEqual({ at: before, rules: "default/web:=10.0.0.2" });
  });

  it("gets changes in a row together, the newest state", async () => {
    await createService("web");
    await world.clock.advance(1000);
    const count = applied.length;
    for (let i = 1; i <= 20; i += 1) {
      await setBackends("web", `10.0.0.${i}`);
      await world.clock.advance(1);
    }
    await world.clock.advance(20);
    expect(applied.at(-1)?.rules).toBe("default/web:=10.0.0.20");
    expect(applied.length - count).toBeLessThanOrEqual(4);
  });

  it("gets one state at a time", async () => {
    await createService("web");
    await world.clock.advance(1000);
    tookMs = 50;
    const count = applied.length;
    for (const i of [1, 2, 3]) {
      await setBackends("web", `10.0.0.${i}`);
      await world.clock.advance(10);
    }
    await world.clock.advance(500);
    expect(applied.slice(count).map((each) => each.rules)).toEqual(["default/web:=10.0.0.1", "default/web:=10.0.0.3"]);
  });

  it("is asked again when it refuses", async () => {
    await world.clock.advance(1000);
    refuse = true;
    await createService("web");
    await world.clock.advance(600);
    refuse = false;
    await world.clock.advance(2000);
    expect(applied.at(-1)?.rules).toBe("default/web:=");
    expect(world.takeComplaints().length).toBeGreaterThan(0);
  });

  it("knows the host ports of pods, for as long as they are there", async () => {
    const containers = [{ name: "main", image: "main:1", ports: [{ containerPort: 80, hostPort: 8080 }] }];
    await world.client.create(accountKind, { metadata: { name: "default", namespace } });
    const made = await world.client.create(podKind, { metadata: { name: "front", namespace }, spec: { containers } });
    await world.client.create(podKind, {
      metadata: { name: "plain", namespace },
      spec: { containers: [{ name: "main", image: "main:1" }] },
    });
    await world.clock.advance(100);
    expect(applied.at(-1)?.rules).toBe("");
    const status = {
      phase: "Running",
      podIP: "10.0.0.9",
      podIPs: [{ ip: "10.0.0.9" }],
      hostIP: "172.31.0.2",
      hostIPs: [{ ip: "172.31.0.2" }],
    };
    await world.client.updateStatus(podKind, { ...made, status });
    await world.clock.advance(100);
    expect(applied.at(-1)?.rules).toBe("default/front:host-port-tcp-8080=10.0.0.9");
    await world.client.delete(podKind, { namespace, name: "front" }, { gracePeriodSeconds: 0 });
    await world.clock.advance(100);
    expect(applied.at(-1)?.rules).toBe("");
  });

  it("forgets a Service that is gone, and a slice that changes its Service", async () => {
    await createService("web");
    await createService("api");
    await setBackends("web", "10.0.0.1");
    await world.clock.advance(100);
    const slice = await world.client.get(sliceKind, { namespace, name: "web-1" });
    if (slice === undefined) throw new Error("no slice");
    const labels = { "kubernetes.io/service-name": "api" };
    await world.client.update(sliceKind, { ...slice, metadata: { ...slice.metadata, labels } });
    await world.clock.advance(100);
    expect(applied.at(-1)?.rules).toBe("default/api:=10.0.0.1 default/web:=");
    await world.client.delete(serviceKind, { namespace, name: "web" });
    await world.clock.advance(100);
    expect(applied.at(-1)?.rules).toBe("default/api:=10.0.0.1");
  });
});
