import { expect, test } from "vitest";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { addAll, amountsIn, podAmounts } from "./podAmounts.ts";

type Requests = Readonly<Record<string, string>>;
const container = (name: string, requests: Requests, extra: object = {}): object => ({ name, resources: { requests }, ...extra });

function requestsOf(pod: { readonly spec: object; readonly status?: object }, granted = false): Record<string, string> {
  const { requests } = podAmounts(pod as unknown as Pod, granted);
  return Object.fromEntries([...requests].map(([name, amount]) => [name, amount.toString()]));
}

const two = [container("a", { cpu: "100m", memory: "1Gi" }), container("b", { cpu: "1" })];

test.each<[string, object, Record<string, string>]>([
  ["containers add up", { containers: two }, { cpu: "1100m", memory: "1Gi" }],
  [
    "an init container counts where it is larger",
    { containers: two, initContainers: [container("i", { cpu: "2", memory: "1Mi" })] },
    { cpu: "2", memory: "1Gi" },
  ],
  [
    "a sidecar adds to both",
    {
      containers: two,
      initContainers: [container("side", { cpu: "500m" }, { restartPolicy: "Always" }), container("i", { cpu: "1500m" })],
    },
    { cpu: "2", memory: "1Gi" },
  ],
  [
    "the pod's own count instead",
    { containers: two, resources: { requests: { cpu: "3", "example.com/gpu": "1" } } },
    { cpu: "3", memory: "1Gi" },
  ],
  ["overhead comes on top", { containers: two, overhead: { cpu: "10m", disk: "1" } }, { cpu: "1110m", memory: "1Gi", disk: "1" }],
])("%s", (_, spec, expected) => {
  expect(requestsOf({ spec })).toEqual(expected);
});

test("what was granted counts where it is more", () => {
  const status = { containerStatuses: [{ name: "a", resources: { requests: { cpu: "300m" } }, allocatedResources: { memory: "512Mi" } }] };
  expect(requestsOf({ spec: { containers: two }, status }, true)).toEqual({ cpu: "1300m", memory: "1Gi" });
  expect(requestsOf({ spec: { containers: two }, status })).toEqual({ cpu: "1100m", memory: "1Gi" });
});

test("of a resize that the node can't do, what was granted counts alone", () => {
  const containerStatuses = [{ name: "b", resources: { requests: { cpu: "200m" } }, allocatedResources: { cpu: "250m" } }];
  const conditions = [{ type: "PodResizePending", status: "True", reason: "Infeasible" }];
  expect(requestsOf({ spec: { containers: two }, status: { containerStatuses, conditions } }, true)).toEqual({
    cpu: "350m",
    memory: "1Gi",
  });
  expect(requestsOf({ spec: { containers: two }, status: { containerStatuses } }, true)).toEqual({ cpu: "1100m", memory: "1Gi" });
});

test("amounts of several pods add up", () => {
  const total = amountsIn({ cpu: "1" });
  addAll(total, amountsIn({ cpu: "250m", memory: "1Ki" }));
  expect([...total].map(([name, amount]) => `${name}=${amount.toString()}`)).toEqual(["cpu=1250m", "memory=1Ki"]);
});
