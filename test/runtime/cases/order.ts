/** Init containers, sidecars, hooks: what runs before, beside and after what. */
import { expect } from "vitest";
import { type Case, shell, shellPod, waiting } from "../case.ts";

const volumes = [{ name: "shared", emptyDir: {} }];
const volumeMounts = [{ name: "shared", mountPath: "/shared" }];

export const order: readonly Case[] = [
  {
    title: "init containers run one after the other, before the others",
    objects: [
      shellPod("inits", "cat /shared/order", {
        spec: {
          volumes,
          initContainers: [
            shell("first", "sleep 0.3; echo first >>/shared/order", { volumeMounts }),
            shell("second", "echo second >>/shared/order", { volumeMounts }),
          ],
        },
        container: { volumeMounts },
      }),
    ],
    async check(scene) {
      const { status } = await scene.ended("inits");
      expect(status?.phase).toBe("Succeeded");
      expect(status?.initContainerStatuses?.map(({ state }) => state?.terminated?.reason)).toEqual(["Completed", "Completed"]);
      expect(await scene.log("inits", "-c main")).toBe("first\nsecond\n");
    },
  },
  {
    title: "a failed init container fails the pod that isn't restarted",
    objects: [shellPod("bad-init", "echo never", { spec: { initContainers: [shell("init", "exit 5")] } })],
    async check(scene) {
      const { status } = await scene.ended("bad-init");
      expect(status?.phase).toBe("Failed");
      expect(status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe("PodInitializing");
      expect(await scene.sh("kubectl get pod bad-init --no-headers")).toMatch(/\s0\/1\s+Init:Error\s/);
    },
  },
  {
    title: "a sidecar is there before the others and ends after them",
    objects: [
      shellPod("sidecar", "cat /shared/order; echo main >>/shared/order", {
        spec: {
          volumes,
          terminationGracePeriodSeconds: 20,
          initContainers: [
            shell(
              "side",
              `echo side >>/shared/order; trap "cat /shared/order; exit 0" TERM; touch /shared/up; while :; do sleep 0.1; done`,
              {
                restartPolicy: "Always",
                volumeMounts,
                startupProbe: { exec: { command: ["test", "-e", "/shared/up"] }, periodSeconds: 1 },
              },
            ),
          ],
        },
        container: { volumeMounts },
      }),
    ],
    async check(scene) {
      const { status } = await scene.ended("sidecar");
      expect(status?.phase).toBe("Succeeded");
      expect(await scene.log("sidecar", "-c main")).toBe("side\n");
      await scene.until("sidecar", (pod) => pod.status?.initContainerStatuses?.[0]?.state?.terminated !== undefined, "the sidecar ends");
      expect(await scene.log("sidecar", "-c side")).toBe("side\nmain\n");
    },
  },
  {
    title: "postStart runs before the container counts as running",
    objects: [
      shellPod("post-start", waiting, {
        container: {
          lifecycle: { postStart: { exec: { command: ["sh", "-c", "echo hooked >/tmp/hook; echo from the hook >/proc/1/fd/1"] } } },
        },
      }),
    ],
    async check(scene) {
      await scene.ready("post-start");
      expect(await scene.exec("post-start", "cat /tmp/hook")).toBe("hooked\n");
      expect(await scene.log("post-start")).toBe("from the hook\n");
    },
  },
  {
    title: "a failed postStart kills the container",
    objects: [
      shellPod("bad-hook", "exec sleep 1000", { container: { lifecycle: { postStart: { exec: { command: ["sh", "-c", "exit 6"] } } } } }),
    ],
    async check(scene) {
      const { status } = await scene.ended("bad-hook");
      expect(status?.phase).toBe("Failed");
      expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 137, reason: "Error" });
      expect(await scene.untilEvent("bad-hook", "FailedPostStartHook: PostStartHook failed")).toContain("Killing: FailedPostStartHook");
    },
  },
  {
    title: "preStop comes before the stop signal: exec, http and sleep",
    objects: [
      shellPod("pre-stop", `trap "echo signal; exit 0" TERM; echo up; while :; do sleep 0.1; done`, {
        spec: { terminationGracePeriodSeconds: 20 },
        container: { lifecycle: { preStop: { exec: { command: ["sh", "-c", "echo hook >/proc/1/fd/1"] } } } },
      }),
      shellPod(
        "pre-stop-http",
        `trap "exit 0" TERM; echo up; mkdir /tmp/www; echo bye >/tmp/www/bye; httpd -f -vv -p 8080 -h /tmp/www & wait`,
        {
          spec: { terminationGracePeriodSeconds: 20 },
          container: {
            lifecycle: { preStop: { httpGet: { path: "/bye", port: 8080 } } },
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          },
        },
      ),
      shellPod("pre-stop-sleep", `trap "echo signal; exit 0" TERM; echo up; while :; do sleep 0.1; done`, {
        spec: { terminationGracePeriodSeconds: 20 },
        container: { lifecycle: { preStop: { sleep: { seconds: 1 } } } },
      }),
    ],
    async check(scene) {
      const names = ["pre-stop", "pre-stop-http", "pre-stop-sleep"];
      for (const name of names) await scene.ready(name);
      const logs = await Promise.all(names.map((name) => scene.follow(name)));
      await scene.sh(`kubectl delete pod ${names.join(" ")} --wait=false`);
      const [exec, http, sleep] = await Promise.all(logs.map(({ all }) => all));
      expect(exec).toBe("up\nhook\nsignal\n");
      expect(http).toMatch(/url:\/bye/);
      expect(sleep).toBe("up\nsignal\n");
      for (const name of names) await scene.gone(name);
    },
  },
];
