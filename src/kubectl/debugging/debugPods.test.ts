import { describe, expect, it } from "vitest";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { type DebugWish, ephemeralContainer, type Names, nodeDebugger, podCopy } from "./debugPods.ts";
import { profileNamed } from "./profiles.ts";

const keep = { labels: false, annotations: false, liveness: false, readiness: false, startup: false, initContainers: true };

function aWish(changes: Partial<DebugWish> = {}): DebugWish {
  return {
    container: "",
    image: "tools",
    imagePullPolicy: "",
    env: {},
    words: [],
    argumentsOnly: false,
    stdin: false,
    tty: false,
    target: "",
    profile: "general",
    keep,
    custom: undefined,
    ...changes,
  };
}

function names(): Names & { readonly said: string[] } {
  const suffixes = ["aaaaa", "bbbbb"];
  const said: string[] = [];
  return { said, suffix: () => suffixes.shift() ?? "zzzzz", tell: (text) => void said.push(text) };
}

const pod: Pod = {
  metadata: { name: "web", namespace: "prod", labels: { app: "web" }, annotations: { note: "x" } },
  spec: {
    nodeName: "n1",
    containers: [
      { name: "main", image: "main:1", args: ["serve"], livenessProbe: { tcpSocket: { port: 80 } } },
      { name: "side", image: "side:1" },
    ],
    ephemeralContainers: [{ name: "debugger-aaaaa" }],
  },
};

describe("a debugging container", () => {
  it("gets a name that nobody has, and may trace processes", () => {
    const given = names();
    const container = ephemeralContainer(pod, aWish({ words: ["sh"], env: { A: "1" }, target: "main" }), given);
    expect(container).toMatchObject({
      name: "debugger-bbbbb",
      image: "tools",
      command: ["sh"],
      env: [{ name: "A", value: "1" }],
      targetContainerName: "main",
      securityContext: { capabilities: { add: ["SYS_PTRACE"] } },
    });
    expect(given.said).toEqual(["Defaulting debug container name to debugger-bbbbb.\n"]);
  });

  it.each([
    ["legacy", undefined],
    ["baseline", undefined],
    ["netadmin", { capabilities: { add: ["NET_ADMIN", "NET_RAW"] } }],
    ["sysadmin", { privileged: true }],
    [
      "restricted",
      {
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    ],
  ] as const)("of profile %s", (profile, securityContext) => {
    expect(ephemeralContainer(pod, aWish({ container: "d", profile }), names()).securityContext).toEqual(securityContext);
  });

  it("is changed by a custom container, whose lists are merged", () => {
    const custom = { env: [{ name: "B", value: "2" }], resources: { limits: { cpu: "1" } } };
    const container = ephemeralContainer(pod, aWish({ container: "d", env: { A: "1" }, custom }), names());
    expect(container.env?.map(({ name }) => name).sort()).toEqual(["A", "B"]);
    expect(container.resources).toEqual({ limits: { cpu: "1" } });
  });

  it("has no unknown profile", () => {
    expect(() => profileNamed("x")).toThrow("unknown profile: x");
  });
});

describe("a copy", () => {
  const copy = { name: "copy", sameNode: false, shareProcesses: undefined, setImages: {} };

  it("gets one container more, shares processes, and loses labels, probes and its node", () => {
    const { pod: made, debugged } = podCopy(pod, aWish({ container: "dbg" }), copy, names());
    expect(debugged).toBe("dbg");
    expect(made.metadata).toEqual({ name: "copy", namespace: "prod" });
    expect(made.spec).toMatchObject({ shareProcessNamespace: true });
    expect(made.spec.containers.map(({ name, livenessProbe }) => [name, livenessProbe])).toEqual([
      ["main", undefined],
      ["side", undefined],
      ["dbg", undefined],
    ]);
    expect([made.spec.nodeName, made.spec.ephemeralContainers]).toEqual([undefined, undefined]);
    expect(pod.spec.containers).toHaveLength(2);
  });

  it("with other images only has nothing to attach to", () => {
    const changed = { ...copy, sameNode: true, shareProcesses: false, setImages: { "*": "all", side: "one" } };
    const { pod: made, debugged } = podCopy(pod, aWish({ image: "" }), changed, names());
    expect(debugged).toBeUndefined();
    expect(made.spec.containers.map(({ image }) => image)).toEqual(["all", "one"]);
    expect(made.spec).toMatchObject({ nodeName: "n1", shareProcessNamespace: false });
  });

  it("changes a container's command where it is named", () => {
    const { pod: made } = podCopy(pod, aWish({ container: "main", image: "", words: ["sh"] }), copy, names());
    expect(made.spec.containers[0]).toMatchObject({ name: "main", image: "main:1", command: ["sh"] });
    expect(made.spec.containers[0]?.args).toBeUndefined();
    expect(() => podCopy(pod, aWish({ container: "x", image: "", words: ["sh"] }), copy, names())).toThrow(
      "you must specify image when creating new container",
    );
  });
});

it("a node's debugger is in the machine's namespaces and sees its files", () => {
  const given = names();
  const made = nodeDebugger("n1", aWish(), given);
  expect(made.spec).toMatchObject({
    nodeName: "n1",
    hostNetwork: true,
    hostPID: true,
    hostIPC: true,
    tolerations: [{ operator: "Exists" }],
    volumes: [{ name: "host-root", hostPath: { path: "/" } }],
    containers: [{ name: "debugger", volumeMounts: [{ mountPath: "/host", name: "host-root" }] }],
  });
  expect(given.said).toEqual(["Creating debugging pod node-debugger-n1-aaaaa with container debugger on node n1.\n"]);
});
