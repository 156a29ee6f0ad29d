/** Waiting for objects of a cluster, and how long a pod takes from created to Ready. */
import { pod as podKind } from "../../src/api/core/v1/pod.ts";
import type { Client } from "../../src/client/client.ts";
import { conditionTrue } from "../../src/machinery/conditions.ts";
import type { KindRef, KubeObject } from "../../src/machinery/kind.ts";

export const namespace = "default";
export const median: (values: readonly number[]) => number = (values) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Waits on a watch until the condition holds; gives the object. */
export async function until<T extends KubeObject>(
  kind: KindRef<T>,
  name: string,
  holds: (object: T) => boolean,
  client: Client,
): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 60_000);
  try {
    const options = { namespace, fieldSelector: `metadata.name=${name}`, sendInitialEvents: true, signal: stop.signal };
    for await (const event of client.watch(kind, options)) {
      if (event.type !== "BOOKMARK" && holds(event.object)) return event.object;
    }
    throw new Error(`${name} did not get there within a minute`);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/** Creates a pod of a cached image, waits for it, and deletes it. */
export async function podStartMs(client: Client, name: string, image: string): Promise<number> {
  const started = performance.now();
  const ready = until(podKind, name, (pod) => conditionTrue(pod.status?.conditions, "Ready"), client);
  await client.create(podKind, { metadata: { name, namespace }, spec: { containers: [{ name: "main", image }] } });
  await ready;
  const tookMs = performance.now() - started;
  await client.delete(podKind, { namespace, name }, { gracePeriodSeconds: 0 });
  return tookMs;
}
