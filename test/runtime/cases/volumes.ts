/** Volumes: contents, modes, updates, parts of them, and what can't be mounted. */
import { expect } from "vitest";
import { type Case, configMap, isUp, shell, shellPod, waiting } from "../case.ts";

const show = (paths: string): string => `for f in ${paths}; do echo "$(stat -L -c %a $f) $(cat $f)"; done`;

export const volumes: readonly Case[] = [
  {
    title: "a ConfigMap's and a Secret's keys are files with the asked modes, read-only",
    objects: [
      configMap("settings", { one: "1", two: "2" }),
      { apiVersion: "v1", kind: "Secret", metadata: { name: "hidden" }, stringData: { word: "sesame" } },
      shellPod(
        "contents",
        `${show("/config/one /config/deep/second /secret/word")}; ls /config; touch /config/x 2>&1 | grep -o Read-only`,
        {
          spec: {
            volumes: [
              {
                name: "config",
                configMap: {
                  name: "settings",
                  items: [
                    { key: "one", path: "one", mode: 0o400 },
                    { key: "two", path: "deep/second" },
                  ],
                },
              },
              { name: "secret", secret: { secretName: "hidden", defaultMode: 0o440 } },
            ],
          },
          container: {
            volumeMounts: [
              { name: "config", mountPath: "/config" },
              { name: "secret", mountPath: "/secret" },
            ],
          },
        },
      ),
    ],
    async check(scene) {
      await scene.ended("contents");
      expect(await scene.log("contents")).toBe("400 1\n644 2\n440 sesame\ndeep\none\nRead-only\n");
    },
  },
  {
    title: "a projected volume gathers, the downward API tells of the pod",
    objects: [
      configMap("gathered", { from: "map" }),
      shellPod("projected", "cat /all/from /all/name /all/labels /all/cpu; echo; test -s /all/token && echo token", {
        metadata: { labels: { colour: "blue" } },
        spec: {
          volumes: [
            {
              name: "all",
              projected: {
                sources: [
                  { configMap: { name: "gathered" } },
                  { serviceAccountToken: { path: "token" } },
                  {
                    downwardAPI: {
                      items: [
                        { path: "name", fieldRef: { fieldPath: "metadata.name" } },
                        { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
                        { path: "cpu", resourceFieldRef: { containerName: "main", resource: "requests.cpu", divisor: "1m" } },
                      ],
                    },
                  },
                ],
              },
            },
          ],
        },
        container: { volumeMounts: [{ name: "all", mountPath: "/all" }], resources: { requests: { cpu: "25m" } } },
      }),
    ],
    async check(scene) {
      await scene.ended("projected");
      expect(await scene.log("projected")).toBe('mapprojectedcolour="blue"25\ntoken\n');
    },
  },
  {
    title: "a changed ConfigMap shows in the running pod, but not through subPath",
    objects: [
      configMap("changing", { text: "before" }),
      shellPod("changing", waiting, {
        spec: { volumes: [{ name: "config", configMap: { name: "changing" } }] },
        container: {
          volumeMounts: [
            { name: "config", mountPath: "/config" },
            { name: "config", mountPath: "/fixed/text", subPath: "text" },
          ],
        },
      }),
    ],
    async check(scene) {
      await scene.ready("changing");
      await scene.sh(`kubectl patch configmap changing -p '{"data":{"text":"after"}}'`);
      await scene.exec("changing", 'for i in $(seq 600); do test "$(cat /config/text)" = after && exit 0; sleep 0.1; done; exit 1');
      expect(await scene.exec("changing", "cat /fixed/text")).toBe("before");
    },
  },
  {
    title: "subPath and subPathExpr show parts of a volume, made when missing",
    objects: [
      shellPod("parts", "echo deep >/part/file; cat /all/some/part/file; ls /all; cat /own/x 2>/dev/null || echo >/own/x; ls /all/parts", {
        spec: { volumes: [{ name: "all", emptyDir: {} }] },
        container: {
          env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          volumeMounts: [
            { name: "all", mountPath: "/all" },
            { name: "all", mountPath: "/part", subPath: "some/part" },
            { name: "all", mountPath: "/own", subPathExpr: "$(POD_NAME)" },
          ],
        },
      }),
    ],
    async check(scene) {
      await scene.ended("parts");
      expect(await scene.log("parts")).toBe("deep\nparts\nsome\nx\n");
    },
  },
  {
    title: "an emptyDir is shared by the pod's containers; in memory with a size it is as big as that",
    objects: [
      shellPod("shared", "", {
        spec: {
          volumes: [
            { name: "data", emptyDir: {} },
            { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
          ],
          containers: [
            shell("writer", "echo hello >/data/file", { volumeMounts: [{ name: "data", mountPath: "/data" }] }),
            shell(
              "reader",
              "until test -s /in/file; do sleep 0.1; done; cat /in/file; df -k /fast | tail -1 | tr -s ' ' | cut -d' ' -f1,2",
              {
                volumeMounts: [
                  { name: "data", mountPath: "/in", readOnly: true },
                  { name: "memory", mountPath: "/fast" },
                ],
              },
            ),
          ],
        },
      }),
    ],
    async check(scene) {
      await scene.ended("shared");
      expect(await scene.log("shared", "-c reader")).toBe("hello\ntmpfs 1024\n");
    },
  },
  {
    title: "hostPath types are checked",
    objects: [
      shellPod("host-missing", "", {
        spec: { volumes: [{ name: "host", hostPath: { path: "/no/such/folder", type: "Directory" } }] },
        container: { volumeMounts: [{ name: "host", mountPath: "/host" }] },
      }),
      shellPod("host-file", "cat /host | head -c 4", {
        spec: { volumes: [{ name: "host", hostPath: { path: "/etc/hostname", type: "File" } }] },
        container: { volumeMounts: [{ name: "host", mountPath: "/host", readOnly: true }] },
      }),
      shellPod("host-made", "echo made >/host/file; cat /host/file", {
        spec: { volumes: [{ name: "host", hostPath: { path: "FOLDER/made/by/pod", type: "DirectoryOrCreate" } }] },
        container: { volumeMounts: [{ name: "host", mountPath: "/host" }] },
      }),
    ],
    async check(scene) {
      await scene.untilEvent(
        "host-missing",
        'MountVolume.SetUp failed for volume "host" : hostPath type check failed: /no/such/folder is not a directory',
      );
      await scene.ended("host-file");
      expect(await scene.log("host-file")).not.toBe("");
      await scene.ended("host-made");
      expect(await scene.sh(`cat ${scene.cluster.folder}/made/by/pod/file`)).toBe("made\n");
    },
  },
  {
    title: "a missing ConfigMap holds the pod back until it is there; an optional one doesn't",
    objects: [
      shellPod("held-back", "cat /config/late", {
        spec: { volumes: [{ name: "config", configMap: { name: "late" } }] },
        container: { volumeMounts: [{ name: "config", mountPath: "/config" }] },
      }),
      shellPod("optional", "ls /config | wc -l", {
        spec: { volumes: [{ name: "config", configMap: { name: "never-there", optional: true } }] },
        container: { volumeMounts: [{ name: "config", mountPath: "/config" }] },
      }),
    ],
    async check(scene) {
      await scene.ended("optional");
      expect(await scene.log("optional")).toBe("0\n");
      await scene.untilEvent("held-back", 'FailedMount: MountVolume.SetUp failed for volume "config" : configmap "late" not found');
      await scene.sh("kubectl create configmap late --from-literal=late=better");
      await scene.ended("held-back");
      expect(await scene.log("held-back")).toBe("better");
    },
  },
  {
    title: "an emptyDir that outgrows its size gets the pod evicted",
    objects: [
      shellPod("outgrown", `head -c 3000000 /dev/zero >/data/big; ${waiting}`, {
        spec: { volumes: [{ name: "data", emptyDir: { sizeLimit: "1Mi" } }] },
        container: { volumeMounts: [{ name: "data", mountPath: "/data" }] },
      }),
    ],
    async check(scene) {
      const { status } = await scene.ended("outgrown");
      expect(status).toMatchObject({
        phase: "Failed",
        reason: "Evicted",
        message: 'Usage of EmptyDir volume "data" exceeds the limit "1Mi". ',
      });
      expect(isUp(await scene.once("outgrown", isUp, "it ran"))).toBe(true);
    },
  },
];
