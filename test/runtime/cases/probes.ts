/** Readiness, liveness and startup, by every means. */
import { expect } from "vitest";
import { type Case, etcd, isUp, shellPod, waiting } from "../case.ts";
import { isReady } from "../scene.ts";

export const probes: readonly Case[] = [
  {
    title: "readiness by exec comes and goes",
    objects: [
      shellPod("readiness", `touch /tmp/ready; ${waiting}`, {
        container: { readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 1, failureThreshold: 1 } },
      }),
    ],
    async check(scene) {
      await scene.ready("readiness");
      await scene.exec("readiness", "rm /tmp/ready");
      const { status } = await scene.until("readiness", (pod) => !isReady(pod), "it is no longer ready");
      expect(status?.containerStatuses?.[0]).toMatchObject({ ready: false, restartCount: 0 });
      expect(await scene.untilEvent("readiness", "Unhealthy: Readiness probe failed:")).not.toContain("Killing");
    },
  },
  {
    title: "readiness by http and tcp waits until the program listens",
    objects: [
      shellPod("http", "sleep 1; mkdir /tmp/www; echo ok >/tmp/www/ok; exec httpd -f -p 8080 -h /tmp/www", {
        container: { readinessProbe: { httpGet: { path: "/ok", port: 8080 }, periodSeconds: 1 } },
      }),
      shellPod("http-404", "exec httpd -f -p 8080 -h /tmp", {
        container: { readinessProbe: { httpGet: { path: "/nothing", port: 8080 }, periodSeconds: 1 } },
      }),
      shellPod("tcp", "sleep 1; exec httpd -f -p 8080 -h /tmp", {
        container: { ports: [{ name: "web", containerPort: 8080 }], readinessProbe: { tcpSocket: { port: "web" }, periodSeconds: 1 } },
      }),
    ],
    async check(scene) {
      await scene.ready("http");
      await scene.ready("tcp");
      await scene.untilEvent("http-404", "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404");
      expect(isReady(await scene.until("http-404", isUp, "it runs"))).toBe(false);
    },
  },
  {
    title: "readiness by grpc asks the program's own health service",
    objects: [
      shellPod("grpc", "", {
        container: {
          image: etcd,
          command: [
            "etcd",
            "--data-dir=/tmp/etcd",
            "--listen-client-urls=http://0.0.0.0:2379",
            "--advertise-client-urls=http://localhost:2379",
          ],
          readinessProbe: { grpc: { port: 2379 }, periodSeconds: 1 },
        },
      }),
    ],
    async check(scene) {
      await scene.ready("grpc");
      expect(await scene.exec("grpc", "wget -qO- http://127.0.0.1:2379/health")).toContain('"health":"true"');
    },
  },
  {
    title: "a failed liveness probe restarts the container",
    objects: [
      shellPod("liveness", `touch /tmp/well; ${waiting}`, {
        spec: { restartPolicy: "Always", terminationGracePeriodSeconds: 10 },
        container: {
          livenessProbe: { exec: { command: ["cat", "/tmp/well"] }, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1 },
        },
      }),
    ],
    async check(scene) {
      await scene.until("liveness", isUp, "it runs");
      await scene.exec("liveness", "rm /tmp/well");
      const { status } = await scene.until(
        "liveness",
        (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
        "it is restarted",
      );
      expect(status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(0);
      expect(await scene.untilEvent("liveness", "Killing: Container main failed liveness probe, will be restarted")).toContain(
        "Unhealthy: Liveness probe failed: cat: can't open '/tmp/well'",
      );
    },
  },
  {
    title: "a startup probe holds the others back until it passes",
    objects: [
      shellPod("startup", `(sleep 2; touch /tmp/up) & ${waiting}`, {
        spec: { restartPolicy: "Always" },
        container: {
          startupProbe: { exec: { command: ["test", "-e", "/tmp/up"] }, periodSeconds: 1, failureThreshold: 30 },
          livenessProbe: { exec: { command: ["test", "-e", "/tmp/up"] }, periodSeconds: 1, failureThreshold: 1 },
        },
      }),
    ],
    async check(scene) {
      const { status } = await scene.ready("startup");
      expect(status?.containerStatuses?.[0]).toMatchObject({ started: true, restartCount: 0 });
      await scene.once("startup", (pod) => pod.status?.containerStatuses?.[0]?.started === false, "it hadn't started at first");
    },
  },
  {
    title: "a probe that takes too long fails",
    objects: [
      shellPod("slow-probe", waiting, {
        container: { readinessProbe: { exec: { command: ["sleep", "60"] }, periodSeconds: 1, timeoutSeconds: 1 } },
      }),
    ],
    async check(scene) {
      expect(await scene.untilEvent("slow-probe", "Unhealthy: Readiness probe failed: ")).toContain(`command "sleep 60" timed out`);
    },
  },
];
