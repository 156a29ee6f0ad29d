import { expect, it } from "vitest";
import { created, type Sent } from "../../../testing/kindCases.ts";
import { deployment } from "../../apps/v1/deployment.ts";
import { pod } from "./pod.ts";

const withContainer = (parts: Sent): Sent => ({ spec: { containers: [{ name: "c", image: "i:1", ...parts }] } });

it.each<[string, Sent, string[]]>([
  ["nothing odd", withContainer({ env: [{ name: "A", value: "1" }] }), []],
  [
    "a variable twice",
    withContainer({
      env: [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
      ],
    }),
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    "a variable made of itself",
    withContainer({
      env: [
        { name: "A", value: "1" },
        { name: "A", value: "$(A):2" },
      ],
    }),
    [],
  ],
  [
    "a tenth of a byte",
    withContainer({ resources: { requests: { memory: "100m" } } }),
    ['spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer'],
  ],
  [
    "a port twice",
    withContainer({
      ports: [
        { name: "a", containerPort: 80 },
        { name: "b", containerPort: 80 },
      ],
    }),
    ["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"],
  ],
  [
    "time running backwards",
    { spec: { containers: [], terminationGracePeriodSeconds: -1 } },
    ["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"],
  ],
])("warns of %s", (_, sent, warnings) => {
  expect(pod.warnings?.(created(pod, sent), undefined)).toEqual(warnings);
});

it("warns of templates by their own path", () => {
  const template = withContainer({ resources: { limits: { memory: "1m" } } });
  const [warning] = deployment.warnings?.(created(deployment, { spec: { template } }), undefined) ?? [];
  expect(warning).toBe(
    'spec.template.spec.containers[0].resources.limits[memory]: fractional byte value "1m" is invalid, must be an integer',
  );
});
