import { expect, test } from "vitest";
import type { Container, PodSpec } from "../../schema/shapes/core.v1.ts";
import { aPod } from "../../testing/objects.ts";
import { overLocalStorage } from "./localStorage.ts";

const mi = 2 ** 20;
const container = (name: string, limit?: string, more: Partial<Container> = {}): Container => ({
  name,
  image: "x",
  ...(limit === undefined ? {} : { resources: { limits: { "ephemeral-storage": limit } } }),
  ...more,
});
const all = (sum: string): string => `Pod ephemeral local storage usage exceeds the total limit of containers ${sum}. `;

/** What is written, by container, and `volumes`. */
test.each<[string, Partial<PodSpec>, Record<string, number>, string | undefined]>([
  ["no limit", { containers: [container("a")] }, { a: 900 * mi, volumes: 900 * mi }, undefined],
  ["within", { containers: [container("a", "10Mi")] }, { a: 10 * mi }, undefined],
  ["volumes count for the pod", { containers: [container("a", "10Mi")] }, { a: 5 * mi, volumes: 6 * mi }, all("10Mi")],
  ["the pod's limit is the sum", { containers: [container("a", "10Mi"), container("b", "1Gi")] }, { b: 1040 * mi }, all("1034Mi")],
  [
    "a container over its own",
    { containers: [container("a", "10Mi"), container("b", "1Gi")] },
    { a: 11 * mi },
    'Container a exceeded its local ephemeral storage limit "10Mi". ',
  ],
  [
    "a sidecar over its own",
    { initContainers: [container("s", "1Mi", { restartPolicy: "Always" }), container("i", "1Mi")], containers: [container("a", "9Mi")] },
    { s: 2 * mi, i: 90 * mi },
    'Container s exceeded its local ephemeral storage limit "1Mi". ',
  ],
])("%s", async (_title, spec, written, wanted) => {
  const writtenBy = (name: string) => ({ rootBytes: (written[name] ?? 0) - 1, logBytes: 1 });
  const use = {
    container: async (name: string) => (name in written ? writtenBy(name) : undefined),
    volumes: () => Promise.resolve(written["volumes"] ?? 0),
  };
  expect(await overLocalStorage(aPod("web", { spec }), use)).toBe(wanted);
});
