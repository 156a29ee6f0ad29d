import { describe, expect, it } from "vitest";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { allContainerNames, chosenContainer } from "./containers.ts";
import { prefixedLines } from "./logLines.ts";
import { streamsOfPod } from "./logStreams.ts";
import { byActivity, byLogging } from "./ranking.ts";
import { podSelectorOf } from "./workloadPods.ts";

interface PodFacts {
  readonly phase?: string;
  readonly ready?: string;
  readonly restarts?: number;
  readonly created?: string;
  readonly deleted?: string;
  readonly node?: string;
}

function aPod(name: string, facts: PodFacts = {}): Pod {
  const { phase = "Running", ready, restarts = 0, created = "2026-01-01T00:00:00Z", deleted, node = "n1" } = facts;
  return {
    metadata: { name, namespace: "default", creationTimestamp: created, deletionTimestamp: deleted },
    spec: { nodeName: node, containers: [{ name: "main" }] },
    status: {
      phase,
      conditions: ready === undefined ? [] : [{ type: "Ready", status: "True", lastTransitionTime: ready }],
      containerStatuses: [{ name: "main", image: "", imageID: "", ready: ready !== undefined, restartCount: restarts }],
    },
  };
}

const severalContainers: Pod = {
  metadata: { name: "web", namespace: "default" },
  spec: {
    initContainers: [{ name: "setup" }],
    containers: [{ name: "main" }, { name: "side" }],
    ephemeralContainers: [{ name: "debug" }],
  },
};

describe("ranking", () => {
  const names = (order: (a: Pod, b: Pod) => number, pods: readonly Pod[]): (string | undefined)[] =>
    pods.toSorted(order).map(({ metadata }) => metadata.name);
  const pods = [
    aPod("unassigned", { node: "", phase: "Pending" }),
    aPod("pending", { phase: "Pending" }),
    aPod("unready"),
    aPod("older", { created: "2025-01-01T00:00:00Z" }),
    aPod("restarted", { restarts: 3 }),
    aPod("late", { ready: "2026-01-01T00:00:09Z" }),
    aPod("early", { ready: "2026-01-01T00:00:01Z" }),
  ];

  it("takes logs of ready pods first, and of those that restarted before quiet ones", () => {
    expect(names(byLogging, pods)).toEqual(["early", "late", "restarted", "older", "unready", "pending", "unassigned"]);
  });

  it("attaches to steady pods first, and to leaving ones last", () => {
    const leaving = aPod("leaving", { ready: "2026-01-01T00:00:00Z", deleted: "2026-01-02T00:00:00Z" });
    expect(names(byActivity, [leaving, ...pods])).toEqual([
      "early",
      "late",
      "leaving",
      "older",
      "unready",
      "restarted",
      "pending",
      "unassigned",
    ]);
  });
});

describe("the container that is meant", () => {
  it("is the first, and several are told of", () => {
    const said: string[] = [];
    expect(chosenContainer(severalContainers, "", (text) => said.push(text)).container.name).toBe("main");
    expect(said).toEqual(['Defaulted container "main" out of: main, side, debug (ephem), setup (init)\n']);
    expect(chosenContainer(aPod("web"), "", (text) => said.push(text)).container.name).toBe("main");
    expect(said).toHaveLength(1);
  });

  it("is the named or the annotated one", () => {
    const annotated = {
      ...severalContainers,
      metadata: { name: "web", annotations: { "kubectl.kubernetes.io/default-container": "side" } },
    };
    const silent = (text: string): void => expect.fail(text);
    expect(chosenContainer(annotated, "", silent).container.name).toBe("side");
    expect(chosenContainer(annotated, "debug", silent).list).toBe("ephemeralContainers");
    expect(() => chosenContainer(annotated, "nope", silent)).toThrow(
      `container nope is not valid for pod web out of: ${allContainerNames(severalContainers)}`,
    );
  });
});

describe("logs", () => {
  it("of all containers are one request each, init containers first", () => {
    const wish = { container: "", allContainers: true, allPods: false, query: { tailLines: 3 }, podTimeoutMs: 1 };
    const streams = streamsOfPod(severalContainers, wish, (text) => expect.fail(text));
    expect(streams.map(({ container }) => container)).toEqual(["setup", "main", "side", "debug"]);
    expect(streams[1]?.call).toMatchObject({
      path: "/api/v1/namespaces/default/pods/web/log",
      query: { tailLines: 3, container: "main" },
    });
  });

  it("come as whole prefixed lines however they are cut", async () => {
    const pieces = ["a", "b\nc\n", "", "\nd"].map((text) => new TextEncoder().encode(text));
    const lines: string[] = [];
    for await (const line of prefixedLines(pieces, "> ")) lines.push(new TextDecoder().decode(line));
    expect(lines).toEqual(["> ab\n", "> c\n", "> \n", "> d"]);
  });
});

describe("a workload's pods", () => {
  it("are found by its selector", () => {
    const spec = { selector: { matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "Exists" }] } };
    expect(podSelectorOf({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec })).toBe("app=web,tier");
    expect(podSelectorOf({ apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { selector: { a: "b" } } })).toBe("a=b");
  });

  it("are refused where there is no selector", () => {
    const metadata = { name: "web" };
    expect(() => podSelectorOf({ apiVersion: "v1", kind: "Service", metadata, spec: {} })).toThrow(
      "invalid service 'web': Service is defined without a selector",
    );
    expect(() => podSelectorOf({ apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata })).toThrow(
      "selector for *v2.HorizontalPodAutoscaler not implemented",
    );
  });
});
