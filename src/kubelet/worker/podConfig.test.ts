/** Probes, hooks, configuration and volumes as a pod's status and events show them. */
import { afterEach, describe, expect, test } from "vitest";
import { configMap } from "../../api/core/v1/configMap.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { secret } from "../../api/core/v1/secret.ts";
import { service } from "../../api/core/v1/service.ts";
import { conditionTrue } from "../../machinery/conditions.ts";
import type { PodStatus } from "../../schema/shapes/core.v1.ts";
import { aService } from "../../testing/objects.ts";
import { aSimulatedNode, type TestNode, type TestNodeOptions } from "../../testing/simulatedNode.ts";
import type { ContainerConfig } from "../ports/runtime.ts";
import type { VolumeFile } from "../ports/volumes.ts";

let node: TestNode | undefined;
afterEach(async () => {
  await node?.[Symbol.asyncDispose]();
  const left = node?.clock.pendingTimers ?? 0;
  node = undefined;
  if (left > 0) throw new Error(`${left} timers were left behind`);
});
async function begin(options: TestNodeOptions = {}): Promise<TestNode> {
  node = await aSimulatedNode(options);
  return node;
}
/** A node whose runtime shows what it was asked to create. */
async function spied(): Promise<{ it: TestNode; created: ContainerConfig[]; published: Map<string, readonly VolumeFile[]> }> {
  const created: ContainerConfig[] = [];
  const published = new Map<string, readonly VolumeFile[]>();
  const it = await begin({
    adapters: ({ runtime, volumes }) => {
      const create = runtime.containers.create.bind(runtime.containers);
      runtime.containers.create = (sandboxId, config) => {
        created.push(config);
        return create(sandboxId, config);
      };
      return {
        volumes: {
          ...volumes,
          discards: false,
          publish(uid, volume, files, fsGroup) {
            published.set(volume, files);
            return volumes.publish(uid, volume, files, fsGroup);
          },
        },
      };
    },
  });
  return { it, created, published };
}

function failTwice<T extends object>(target: T, called: string, names: readonly (keyof T & string)[]): void {
  for (const name of names) {
    const call = (target[name] as (...args: unknown[]) => Promise<unknown>).bind(target);
    let left = 2;
    const failing = async (...args: unknown[]): Promise<unknown> => {
      left -= 1;
      if (left >= 0) throw new Error(`${called}.${name} broke`);
      return await call(...args);
    };
    Object.assign(target, { [name]: failing });
  }
}

const isReady = (status: PodStatus): boolean => conditionTrue(status.conditions, "Ready");
const waiting = (status: PodStatus): string | undefined => status.containerStatuses?.[0]?.state?.waiting?.reason;
const meta = (name: string): { name: string; namespace: string } => ({ name, namespace: "default" });
const textsOf = (files: readonly VolumeFile[] | undefined): Record<string, string> =>
  Object.fromEntries((files ?? []).map((file) => [`${file.path} ${file.mode.toString(8)}`, new TextDecoder().decode(file.data)]));

describe("probes", () => {
  const readiness = { httpGet: { path: "/readiness", port: 81 }, periodSeconds: 5, failureThreshold: 2 };

  test("a slow starter is Ready within its period, without a word of complaint", async () => {
    const it = await begin();
    await it.run("web", { container: { readinessProbe: readiness }, annotations: { probes: "/readiness=503,200@100ms" } });
    expect(await it.until("web", isReady)).toBeLessThan(300);
    expect(it.told("web").some((text) => text.startsWith("Unhealthy"))).toBe(false);
  });

  test("readiness is lost after so many failures, and comes back", async () => {
    const it = await begin();
    await it.run("web", { container: { readinessProbe: readiness }, annotations: { probes: "/readiness=200,503@12s,200@32s" } });
    await it.until("web", isReady);
    expect(await it.until("web", (s) => !isReady(s))).toBe(20_000);
    expect(it.told("web").filter((text) => text.startsWith("Unhealthy"))).toEqual([
      "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
      "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
    ]);
    expect(await it.until("web", isReady)).toBeLessThanOrEqual(15_000);
    expect(it.status("web").containerStatuses?.[0]?.restartCount).toBe(0);
  });

  test("a failed liveness probe restarts the container", async () => {
    const it = await begin();
    const livenessProbe = { httpGet: { path: "/healthz", port: 81 }, periodSeconds: 10, failureThreshold: 3 };
    await it.run("web", { container: { livenessProbe }, annotations: { probes: "/healthz=200,503@15s", "stop-delay": "1s" } });
    await it.until("web", isReady);
    expect(await it.until("web", (s) => s.containerStatuses?.[0]?.restartCount === 1)).toBe(41_000);
    expect(it.told("web")).toContain("Killing: Container main failed liveness probe, will be restarted");
    expect(
      it.told("web").filter((text) => text === "Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 503"),
    ).toHaveLength(3);
  });

  test("nothing else is asked before the startup probe has passed", async () => {
    const it = await begin();
    const startupProbe = { tcpSocket: { port: "db" }, periodSeconds: 1, failureThreshold: 30 };
    const livenessProbe = { exec: { command: ["check"] }, periodSeconds: 1, failureThreshold: 1 };
    await it.run("db", {
      container: { startupProbe, livenessProbe, ports: [{ name: "db", containerPort: 5432 }] },
      annotations: { probes: "tcp:5432=refused,ok@7500ms | exec=1,0@7s" },
    });
    await it.clock.advance(7000);
    expect(it.status("db").containerStatuses?.[0]).toMatchObject({ started: false, ready: false, restartCount: 0 });
    await it.clock.advance(1100);
    expect(it.status("db").containerStatuses?.[0]).toMatchObject({ started: true, ready: true });
    expect(it.told("db")).toContain("Unhealthy: Startup probe failed: dial tcp 10.244.1.2:5432: connect: connection refused");
  });

  test("a startup probe that never passes restarts the container, with the probe's own grace", async () => {
    const it = await begin();
    const startupProbe = { grpc: { port: 9000 }, periodSeconds: 2, failureThreshold: 3, terminationGracePeriodSeconds: 4 };
    await it.run("web", { container: { startupProbe }, annotations: { probes: "grpc=fail", "stop-delay": "1h" } });
    await it.clock.advance(9000);
    expect(it.told("web")).toContain("Killing: Container main failed startup probe, will be restarted");
    expect(it.told("web")).toContain('Unhealthy: Startup probe failed: service unhealthy (responded with "NOT_SERVING")');
    await it.clock.advance(2000);
    expect(it.status("web").containerStatuses?.[0]?.restartCount).toBe(1);
  });

  test("a pod that is being deleted is still asked for its readiness, not for its health", async () => {
    const it = await begin();
    const livenessProbe = { httpGet: { path: "/", port: 80 }, periodSeconds: 1, failureThreshold: 1 };
    const readinessProbe = { httpGet: { path: "/", port: 80 }, periodSeconds: 1, failureThreshold: 1 };
    await it.run("web", { container: { livenessProbe, readinessProbe }, annotations: { probes: "/=200,503@5s", "stop-delay": "20s" } });
    await it.until("web", isReady);
    await it.clock.advance(3000);
    await it.api.delete(podKind, meta("web"), { gracePeriodSeconds: 30 });
    await it.clock.advance(5000);
    expect(isReady(it.status("web"))).toBe(false);
    expect(it.told("web").filter((text) => text.includes("Liveness"))).toEqual([]);
  });

  test("readiness gates hold Ready back", async () => {
    const it = await begin();
    await it.run("web", { spec: { readinessGates: [{ conditionType: "example.com/gate" }] } });
    expect(it.status("web").conditions?.find((c) => c.type === "Ready")).toMatchObject({
      status: "False",
      reason: "ReadinessGatesNotReady",
      message: 'corresponding condition of pod readiness gate "example.com/gate" does not exist.',
    });
    await it.api.patch(
      podKind,
      meta("web"),
      "strategic",
      { status: { conditions: [{ type: "example.com/gate", status: "True" }] } },
      "status",
    );
    await it.until("web", isReady);
    expect(conditionTrue(it.status("web").conditions, "example.com/gate")).toBe(true);
  });
});

describe("hooks", () => {
  test("a failed postStart ends the container", async () => {
    const it = await begin();
    const lifecycle = { postStart: { exec: { command: ["prepare"] } } };
    await it.run("web", { container: { lifecycle }, annotations: { exec: "prepare => exit 3: no" } });
    await it.clock.advance(100);
    expect(it.told("web")).toContain("FailedPostStartHook: PostStartHook failed");
    expect(it.told("web")).toContain("Killing: FailedPostStartHook");
    expect(it.status("web").containerStatuses?.[0]?.ready).toBe(false);
    expect(waiting(it.status("web"))).toBe("CrashLoopBackOff");
  });

  test("a failed preStop is told, and the container stops all the same", async () => {
    const it = await begin();
    await it.run("web", { container: { lifecycle: { preStop: { exec: { command: ["bye"] } } } }, annotations: { exec: "bye => exit 1" } });
    await it.until("web", isReady);
    await it.api.delete(podKind, meta("web"));
    await it.clock.advance(1000);
    expect(it.told("web")).toContain("FailedPreStopHook: PreStopHook failed");
    expect(it.pod("web")).toBeUndefined();
  });

  test("a preStop that takes too long is cut off when the grace is over", async () => {
    const it = await begin();
    await it.run("web", { container: { lifecycle: { preStop: { sleep: { seconds: 500 } } } } });
    await it.until("web", isReady);
    await it.api.delete(podKind, meta("web"), { gracePeriodSeconds: 5 });
    await it.clock.advance(5100);
    expect(it.pod("web")).toBeUndefined();
  });
});

describe("environment", () => {
  test("comes from everywhere, in upstream's order", async () => {
    const { it, created } = await spied();
    await it.api.create(configMap, { metadata: meta("settings"), data: { COLOUR: "blue", "bad=key": "x" } });
    await it.api.create(secret, { metadata: meta("password"), data: { pw: btoa("s3cret") } });
    await it.api.create(service, aService("api", { spec: { clusterIP: "10.96.0.7", ports: [{ name: "http", port: 80 }] } }));
    await it.api.create(service, aService("kubernetes", { spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443 }] } }));
    await it.run("web", {
      container: {
        resources: { limits: { cpu: "1500m", memory: "64Mi" } },
        envFrom: [{ configMapRef: { name: "settings" } }, { secretRef: { name: "absent", optional: true } }],
        env: [
          { name: "COLOUR", value: "dark-$(COLOUR)" },
          { name: "ME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          { name: "PW", valueFrom: { secretKeyRef: { name: "password", key: "pw" } } },
          { name: "CPUS", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
          { name: "URL", value: "http://$(API_SERVICE_HOST):$(API_SERVICE_PORT)/$(NOBODY)/$$(ME)" },
          { name: "NOT", valueFrom: { configMapKeyRef: { name: "settings", key: "none", optional: true } } },
        ],
        args: ["--name=$(ME)"],
      },
    });
    await it.until("web", isReady);
    const env = Object.fromEntries((created[0]?.env ?? []).map(({ name, value }) => [name, value]));
    expect(env).toMatchObject({
      COLOUR: "dark-blue",
      ME: "web",
      IP: "10.244.1.2",
      PW: "s3cret",
      CPUS: "2",
      URL: "http://10.96.0.7:80/$(NOBODY)/$(ME)",
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KUBERNETES_SERVICE_PORT_HTTPS: "443",
      API_PORT_80_TCP_ADDR: "10.96.0.7",
    });
    expect(env).not.toHaveProperty("NOT");
    expect(env).not.toHaveProperty("bad=key");
    expect(created[0]?.args).toEqual(["--name=web"]);
    expect(created[0]?.resources).toMatchObject({ cpuQuotaMillis: 1500, memoryLimitBytes: 64 << 20 });
    expect(it.told("web")).toContain(
      "InvalidEnvironmentVariableNames: Keys [bad=key] from the EnvFrom configMap default/settings were skipped since they are considered invalid environment variable names.",
    );
  });

  test("a missing ConfigMap is CreateContainerConfigError until it is there", async () => {
    const it = await begin();
    await it.run("web", { container: { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "later", key: "a" } } }] } });
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: "CreateContainerConfigError",
      message: 'configmap "later" not found',
    });
    expect(it.told("web")).toContain('Failed: Error: configmap "later" not found');
    await it.api.create(configMap, { metadata: meta("later"), data: { b: "1" } });
    await it.clock.advance(50);
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting?.message).toBe("couldn't find key a in ConfigMap default/later");
    await it.api.patch(configMap, meta("later"), "merge", { data: { a: "1" } });
    expect(await it.until("web", isReady)).toBeLessThan(50);
  });

  test("runAsNonRoot refuses an image that runs as root", async () => {
    const it = await begin();
    const pod = await it.run("web", { container: { securityContext: { runAsNonRoot: true } } });
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: "CreateContainerConfigError",
      message: `container has runAsNonRoot and image will run as root (pod: "web_default(${pod.metadata.uid})", container: main)`,
    });
  });
});

test("pull secrets reach the runtime as texts; a missing one is told", async () => {
  const asked: (readonly string[])[] = [];
  const it = await begin({
    adapters: ({ runtime }) => {
      const pull = runtime.images.pull.bind(runtime.images);
      Object.assign(runtime.images, {
        pull: (image: string, options: Parameters<typeof pull>[1]) => {
          asked.push(options.secrets);
          return pull(image, options);
        },
      });
      return {};
    },
  });
  await it.api.create(secret, { metadata: meta("registry"), data: { ".dockerconfigjson": btoa('{"auths":{}}') } });
  await it.run("web", { spec: { imagePullSecrets: [{ name: "registry" }, { name: "gone" }] } });
  await it.until("web", isReady);
  expect(asked).toEqual([['{"auths":{}}']]);
  expect(it.told("web")).toContain(
    "FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed.",
  );
});

describe("volumes", () => {
  test("show ConfigMaps, Secrets, fields and tokens with their modes, and follow changes", async () => {
    const { it, created, published } = await spied();
    await it.api.create(configMap, {
      metadata: meta("conf"),
      data: { "a.conf": "one", "b.conf": "b" },
      binaryData: { raw: btoa("\u0001") },
    });
    await it.api.create(secret, { metadata: meta("tls"), data: { "tls.key": btoa("KEY") } });
    await it.run("web", {
      spec: {
        volumes: [
          { name: "conf", configMap: { name: "conf", items: [{ key: "a.conf", path: "etc/a.conf", mode: 0o600 }] } },
          { name: "tls", secret: { secretName: "tls", defaultMode: 0o400 } },
          {
            name: "all",
            projected: {
              sources: [
                { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
                { configMap: { name: "conf" } },
                { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
              ],
            },
          },
          { name: "tmp", emptyDir: {} },
          { name: "unused", secret: { secretName: "nowhere" } },
        ],
      },
      container: {
        volumeMounts: [
          { name: "conf", mountPath: "/conf" },
          { name: "tls", mountPath: "/tls" },
          { name: "all", mountPath: "/all" },
          { name: "tmp", mountPath: "/tmp", subPathExpr: "$(SUB)" },
        ],
        env: [{ name: "SUB", value: "mine" }],
      },
    });
    await it.until("web", isReady);
    const uid = it.pod("web")?.metadata.uid ?? "";
    expect(textsOf(published.get("conf"))).toEqual({ "etc/a.conf 600": "one" });
    expect(textsOf(published.get("tls"))).toEqual({ "tls.key 400": "KEY" });
    expect(Object.keys(textsOf(published.get("all")))).toEqual(["token 644", "a.conf 644", "b.conf 644", "raw 644", "labels 644"]);
    expect(created[0]?.mounts).toEqual([
      { hostPath: `/simulated/${uid}/conf`, containerPath: "/conf", readOnly: true },
      { hostPath: `/simulated/${uid}/tls`, containerPath: "/tls", readOnly: true },
      { hostPath: `/simulated/${uid}/all`, containerPath: "/all", readOnly: true },
      { hostPath: `/simulated/${uid}/tmp/mine`, containerPath: "/tmp", readOnly: false },
    ]);
    await it.api.patch(configMap, meta("conf"), "merge", { data: { "a.conf": "two" } });
    await it.clock.advance(10);
    expect(textsOf(published.get("conf"))).toEqual({ "etc/a.conf 600": "two" });
    const asked = (): number => it.api.calls.filter((call) => call.verb === "create token").length;
    expect(asked()).toBe(1);
    expect(it.api.calls.find((call) => call.verb === "create token")?.body).toMatchObject({
      spec: { audiences: [], expirationSeconds: 3607, boundObjectRef: { kind: "Pod", name: "web", uid } },
    });
    await it.clock.advance(3_000_000);
    expect(asked()).toBe(2);
  });

  test("that can't be set up are FailedMount until they can", async () => {
    const it = await begin();
    await it.run("web", {
      spec: {
        volumes: [
          { name: "conf", configMap: { name: "conf", items: [{ key: "x", path: "x" }] } },
          { name: "disk", persistentVolumeClaim: { claimName: "data" } },
          { name: "net", nfs: { server: "a", path: "/" } },
        ],
      },
      container: { volumeMounts: ["conf", "disk", "net"].map((name) => ({ name, mountPath: `/${name}` })) },
    });
    expect(it.told("web")).toEqual([
      'FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "conf" not found',
      'FailedMount: MountVolume.SetUp failed for volume "disk" : error processing PVC default/data: PVC is not bound',
      'FailedMount: MountVolume.SetUp failed for volume "net" : volumes of type nfs are not supported on this node',
    ]);
    await it.clock.advance(30);
    expect(waiting(it.status("web"))).toBe("ContainerCreating");
    await it.api.create(configMap, { metadata: meta("conf"), data: { y: "1" } });
    await it.clock.advance(10);
    expect(it.told("web")).toContain('FailedMount: MountVolume.SetUp failed for volume "conf" : references non-existent config key: x');
  });
});

describe("a runtime that fails", () => {
  test("at any call: each failure is an event, is tried again, and the pod runs in the end", async () => {
    const it = await begin({
      adapters: ({ runtime, volumes }) => {
        failTwice(runtime.sandboxes, "sandboxes", ["run", "stop", "remove"]);
        failTwice(runtime.containers, "containers", ["create", "start", "stop", "status", "remove"]);
        failTwice(runtime.images, "images", ["status", "pull"]);
        failTwice(volumes, "volumes", ["emptyDir", "remove"]);
        return {};
      },
    });
    await it.run("web", {
      spec: { volumes: [{ name: "tmp", emptyDir: {} }] },
      container: { volumeMounts: [{ name: "tmp", mountPath: "/tmp" }] },
    });
    await it.until("web", isReady, 600_000);
    await it.api.delete(podKind, meta("web"), { gracePeriodSeconds: 1 });
    await it.clock.advance(120_000);
    expect(it.pod("web")).toBeUndefined();
    expect(await it.node.runtime.sandboxes.list()).toEqual([]);
    const told = it.told("web");
    expect(told).toContain("FailedCreatePodSandBox: Failed to create pod sandbox: sandboxes.run broke");
    expect(told).toContain("Failed: Error: containers.create broke");
    expect(told).toContain("Failed: Error: containers.start broke");
    expect(told).toContain('Failed: Failed to pull image "main:1": images.pull broke');
    expect(told).toContain('FailedMount: MountVolume.SetUp failed for volume "tmp" : volumes.emptyDir broke');
    expect(told).toContain("FailedKillPod: error killing pod: containers.stop broke");
  });
});
