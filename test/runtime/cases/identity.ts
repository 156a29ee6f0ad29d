/** Who programs run as, what they may do, and what they are told: users, groups, rights, environment, streams. */
import { expect } from "vitest";
import { type Case, nginx, redis, shellPod } from "../case.ts";

const groupsNeedRoot = "an ordinary user's containers have one user and one group";

export const identity: readonly Case[] = [
  {
    title: "runs as the image's user, by name, in its folder, with its HOME",
    objects: [
      shellPod("named", "", {
        container: { image: redis, command: ["sh", "-c", "echo $(id -u):$(id -g) $HOME $(pwd); touch /data/mine && echo mine"] },
      }),
    ],
    async check(scene) {
      const { status } = await scene.ended("named");
      expect(await scene.log("named")).toBe("999:1000 /data /data\nmine\n");
      expect(status?.containerStatuses?.[0]?.image).toMatch(/redis/);
    },
  },
  {
    title: "runs as the pod's user, in a folder that is made when missing",
    objects: [
      shellPod("own-user", "echo $(id -u):$(id -g) $HOME $(pwd)", {
        spec: { securityContext: { runAsUser: 1234, runAsGroup: 2345 } },
        container: { workingDir: "/not/there/yet" },
      }),
    ],
    async check(scene) {
      await scene.ended("own-user");
      expect(await scene.log("own-user")).toBe("1234:2345 / /not/there/yet\n");
    },
  },
  {
    title: "groups are the image's and the pod's, or by policy the pod's alone",
    rootOnly: groupsNeedRoot,
    objects: [
      shellPod("merged", "id -G; touch /data/x; stat -c %g:%a /data /data/x", {
        spec: {
          securityContext: { runAsUser: 33, supplementalGroups: [777], fsGroup: 888 },
          volumes: [{ name: "data", emptyDir: {} }],
        },
        container: { volumeMounts: [{ name: "data", mountPath: "/data" }] },
      }),
      shellPod("strict", "id -G", {
        spec: { securityContext: { runAsUser: 33, supplementalGroups: [777], supplementalGroupsPolicy: "Strict" } },
      }),
    ],
    async check(scene) {
      await scene.ended("merged");
      expect(await scene.log("merged")).toBe("33 5 777 888\n888:2777\n888:644\n");
      await scene.ended("strict");
      expect(await scene.log("strict")).toBe("33 777\n");
    },
  },
  {
    title: "runAsNonRoot refuses root, whoever asks for it",
    objects: [
      shellPod("image-root", "", { spec: { securityContext: { runAsNonRoot: true } } }),
      shellPod("image-name", "", { spec: { securityContext: { runAsNonRoot: true } }, container: { image: redis } }),
      shellPod("own-root", "", { spec: { securityContext: { runAsNonRoot: true, runAsUser: 0 } } }),
    ],
    async check(scene) {
      const message = async (name: string): Promise<string | undefined> => {
        const waits = (reason: string | undefined): boolean => reason === "CreateContainerConfigError";
        const pod = await scene.once(name, ({ status }) => waits(status?.containerStatuses?.[0]?.state?.waiting?.reason), "it is refused");
        return pod.status?.containerStatuses?.[0]?.state?.waiting?.message;
      };
      expect(await message("image-root")).toMatch(
        /^container has runAsNonRoot and image will run as root \(pod: "image-root_default\(.*\)", container: main\)$/,
      );
      expect(await message("image-name")).toMatch(
        /^container has runAsNonRoot and image has non-numeric user \(redis\), cannot verify user is non-root \(pod: /,
      );
      expect(await message("own-root")).toMatch(/^container's runAsUser breaks non-root policy \(pod: /);
    },
  },
  {
    title: "rights are taken away as asked",
    objects: [
      shellPod("bare", "grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status; touch /x 2>&1 | grep -o Read-only", {
        container: {
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
        },
      }),
    ],
    async check(scene) {
      await scene.ended("bare");
      expect(await scene.log("bare")).toBe("CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nRead-only\n");
    },
  },
  {
    title: "references in command, arguments and environment are expanded once",
    objects: [
      shellPod("expanded", "", {
        container: {
          command: ["sh", "-c", 'echo "$0 $1 $BOTH $LATER"', "$(NAME)"],
          args: ["$$(NAME) $(NOBODY)"],
          env: [
            { name: "NAME", value: "one" },
            { name: "BOTH", value: "$(NAME)+$(NAME)" },
            { name: "LATER", value: "$(AFTER)" },
            { name: "AFTER", value: "x" },
          ],
        },
      }),
    ],
    async check(scene) {
      await scene.ended("expanded");
      expect(await scene.log("expanded")).toBe("one $(NAME) $(NOBODY) one+one $(AFTER)\n");
    },
  },
  {
    title: "the standard streams can be opened by their paths, as any user",
    objects: [
      shellPod("streams", "echo one >/dev/stdout; ln -s /dev/stdout /tmp/log; echo two >>/tmp/log; echo three >/proc/self/fd/2", {
        spec: { securityContext: { runAsUser: 1000 } },
      }),
    ],
    async check(scene) {
      await scene.ended("streams");
      expect((await scene.log("streams")).split("\n").sort()).toEqual(["", "one", "three", "two"]);
    },
  },
  {
    title: "nginx as its images have it: started as root, workers of another user, logs linked to the standard streams",
    objects: [
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "nginx" },
        spec: { containers: [{ name: "main", image: nginx, readinessProbe: { httpGet: { path: "/", port: 80 }, periodSeconds: 1 } }] },
      },
    ],
    async check(scene) {
      await scene.ready("nginx");
      expect(await scene.log("nginx")).toMatch(/"GET \/ HTTP\/1\.1" 200 .*kube-probe/);
      const users = await scene.exec("nginx", 'ps -o user,args | grep [w]orker | cut -d" " -f1 | sort -u');
      expect(users).toBe(scene.asRoot ? "www-data\n" : "root\n");
    },
  },
  {
    title: "a port of its node leads to a pod, for other pods",
    objects: [
      shellPod("host-port", "mkdir /tmp/www; echo found >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www", {
        container: { ports: [{ containerPort: 8080, hostPort: 18_080 }] },
      }),
      shellPod("asks-host-port", "until wget -q -O - http://$NODE:18080; do sleep 0.2; done", {
        container: { env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } }] },
      }),
    ],
    async check(scene) {
      await scene.ended("asks-host-port");
      expect(await scene.log("asks-host-port")).toMatch(/found\n$/);
    },
  },
  {
    title: "containers that share their process ids see each other",
    objects: [
      shellPod("shared-pids", "until ps | grep -q '[s]leep 4321'; do sleep 0.1; done; echo seen", {
        spec: {
          shareProcessNamespace: true,
          initContainers: [{ name: "beside", image: "BUSYBOX", restartPolicy: "Always", command: ["sleep", "4321"] }],
        },
      }),
    ],
    async check(scene) {
      await scene.ended("shared-pids");
      expect(await scene.log("shared-pids", "-c main")).toBe("seen\n");
    },
  },
];
