/** How containers end and start again: exit codes, restart policies, back-off, grace, last words. */
import { expect } from "vitest";
import { type Case, busybox, shellPod, waiting } from "../case.ts";

const volumes = [{ name: "kept", emptyDir: {} }];
const volumeMounts = [{ name: "kept", mountPath: "/kept" }];
const onceFailing = "test -e /kept/seen && exit 0; touch /kept/seen; exit 1";

export const lives: readonly Case[] = [
  {
    title: "exit code 0 is Completed, and the pod Succeeded",
    objects: [shellPod("exits-0", "exit 0")],
    async check(scene) {
      const { status } = await scene.ended("exits-0");
      expect(status?.phase).toBe("Succeeded");
      expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
    },
  },
  {
    title: "another exit code is an Error, and the pod Failed",
    objects: [shellPod("exits-3", "exit 3")],
    async check(scene) {
      const { status } = await scene.ended("exits-3");
      expect(status?.phase).toBe("Failed");
      expect(status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 3, reason: "Error" } } });
    },
  },
  {
    title: "OnFailure starts again what failed, with its emptyDir, until it succeeds",
    objects: [shellPod("on-failure", onceFailing, { spec: { restartPolicy: "OnFailure", volumes }, container: { volumeMounts } })],
    async check(scene) {
      const { status } = await scene.ended("on-failure");
      expect(status?.phase).toBe("Succeeded");
      expect(status?.containerStatuses?.[0]).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1 } } });
    },
  },
  {
    title: "Always starts again what completed, and backs off",
    objects: [shellPod("always", "exit 0", { spec: { restartPolicy: "Always" } })],
    async check(scene) {
      const { status } = await scene.once(
        "always",
        (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
        "it backs off",
      );
      expect(status?.phase).toBe("Running");
      expect(status?.containerStatuses?.[0]?.restartCount).toBeGreaterThan(0);
      expect(status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
        /^back-off 10s restarting failed container=main pod=always_default\([0-9a-f-]{36}\)$/,
      );
    },
  },
  {
    title: "a command that isn't there is a StartError",
    objects: [shellPod("no-command", "", { container: { command: ["no-such-program"] } })],
    async check(scene) {
      const { status } = await scene.ended("no-command");
      const terminated = status?.containerStatuses?.[0]?.state?.terminated;
      expect(terminated?.reason).toBe("StartError");
      expect(terminated?.message).toContain('exec: "no-such-program": executable file not found in $PATH');
      expect(await scene.untilEvent("no-command", "Failed: Error: ")).toContain("Created: Container created");
    },
  },
  {
    title: "a container killed by SIGKILL has exit code 137",
    objects: [shellPod("killed", "sh -c 'kill -9 $$$$'; exit $?")],
    async check(scene) {
      const { status } = await scene.ended("killed");
      expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 137, reason: "Error" });
    },
  },
  {
    title: "a deadline stops the pod",
    objects: [shellPod("deadline", waiting, { spec: { activeDeadlineSeconds: 2 } })],
    async check(scene) {
      expect((await scene.ended("deadline")).status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
    },
  },
  {
    title: "deleting tells the program, kills what doesn't listen, and sends the signal that the pod names",
    objects: [
      shellPod("deaf", `trap "" TERM; while :; do sleep 0.1; done`),
      shellPod("own-signal", `trap "echo usr1; exit 4" USR1; trap "exit 9" TERM; echo up; while :; do sleep 0.1; done`, {
        spec: { os: { name: "linux" }, terminationGracePeriodSeconds: 30 },
        container: { lifecycle: { stopSignal: "SIGUSR1" } },
      }),
    ],
    async check(scene) {
      for (const name of ["deaf", "own-signal"]) await scene.ready(name);
      const { all: log } = await scene.follow("own-signal");
      await scene.sh("kubectl delete pod deaf own-signal --wait=false");
      const codeOf = async (name: string): Promise<number | undefined> => {
        const pod = await scene.once(name, ({ status }) => status?.containerStatuses?.[0]?.state?.terminated !== undefined, "it has ended");
        return pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode;
      };
      expect(await codeOf("deaf")).toBe(137);
      expect(await codeOf("own-signal")).toBe(4);
      expect(await log).toBe("up\nusr1\n");
    },
  },
  {
    title: "last words come from the message file, or by policy from the end of the log",
    objects: [
      shellPod("last-words", "echo -n goodbye >/dev/termination-log; echo noise; exit 0"),
      shellPod("own-path", "echo -n from my own path >/tmp/words; exit 1", { container: { terminationMessagePath: "/tmp/words" } }),
      shellPod("from-log", "echo only in the log; exit 1", { container: { terminationMessagePolicy: "FallbackToLogsOnError" } }),
      shellPod("too-long", "head -c 5000 /dev/zero | tr '\\0' x >/dev/termination-log; echo -n end >>/dev/termination-log"),
      shellPod("as-nobody", "echo -n nobody >/dev/termination-log", { container: { securityContext: { runAsUser: 65534 } } }),
    ],
    async check(scene) {
      const words = async (name: string): Promise<string | undefined> =>
        (await scene.ended(name)).status?.containerStatuses?.[0]?.state?.terminated?.message;
      expect(await words("last-words")).toBe("goodbye");
      expect(await words("own-path")).toBe("from my own path");
      expect(await words("from-log")).toBe("only in the log\n");
      expect(await words("too-long")).toBe(`${"x".repeat(4093)}end`);
      expect(await words("as-nobody")).toBe("nobody");
    },
  },
  {
    title: "deleting waits for the program, within its grace",
    objects: [shellPod("deleted", waiting, { spec: { terminationGracePeriodSeconds: 30 } })],
    async check(scene) {
      await scene.ready("deleted");
      await scene.sh("kubectl delete pod deleted --wait=false");
      await scene.gone("deleted");
      const last = await scene.once(
        "deleted",
        (pod) => pod.status?.containerStatuses?.[0]?.state?.terminated !== undefined,
        "it has ended",
      );
      expect(last.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
      expect(await scene.untilEvent("deleted", "Killing: Stopping container main")).toContain("Started: Container started");
    },
  },
  {
    title: "an image that the registry doesn't have is ErrImagePull, then backs off",
    objects: [shellPod("no-image", "", { container: { image: `${busybox}-not-there` } })],
    async check(scene) {
      const reason = (wanted: string): Promise<unknown> =>
        scene.once("no-image", (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === wanted, wanted);
      await reason("ErrImagePull");
      await reason("ImagePullBackOff");
      expect(await scene.untilEvent("no-image", "BackOff: Back-off pulling image")).toMatch(
        /Failed: Failed to pull image ".*-not-there": /,
      );
    },
  },
];
