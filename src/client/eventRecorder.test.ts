import { describe, expect, test } from "vitest";
import { silentLog } from "../base/log.ts";
import { seededRng } from "../base/rng.ts";
import { failure } from "../machinery/status.ts";
import type { Event } from "../schema/shapes/core.v1.ts";
import { aNode, aPod } from "../testing/objects.ts";
import { virtualClock, type VirtualClock } from "../testing/virtualClock.ts";
import type { Client } from "./client.ts";
import { createEventRecorder } from "./eventRecorder.ts";

interface Server {
  readonly events: Map<string, Event>;
  /** Answers to the next writes: a throw each, then all is well. */
  readonly failures: Error[];
  writes: number;
}

function recording(): { clock: VirtualClock; recorder: ReturnType<typeof createEventRecorder>; server: Server; told: () => string[] } {
  const clock = virtualClock(Date.UTC(2026, 0, 1));
  const server: Server = { events: new Map(), failures: [], writes: 0 };
  const answer = <T>(write: () => T): Promise<T> => {
    server.writes += 1;
    const failed = server.failures.shift();
    return failed === undefined ? Promise.resolve(write()) : Promise.reject(failed);
  };
  const client = {
    create: (_kind: unknown, event: Event) => answer(() => server.events.set(event.metadata.name, event)),
    patch: (_kind: unknown, key: { name: string }, type: string, patch: Partial<Event>) => {
      expect(type).toBe("strategic");
      const current = server.events.get(key.name);
      if (current === undefined) return Promise.reject(failure(404, "NotFound", "no such event"));
      return answer(() => server.events.set(key.name, { ...current, ...patch }));
    },
  } as unknown as Client;
  const recorder = createEventRecorder({ client, clock, rng: seededRng(1), log: silentLog, component: "kubelet", host: "node-1" });
  const told = (): string[] => [...server.events.values()].map((event) => `${event.reason} x${event.count}: ${event.message}`);
  return { clock, recorder, server, told };
}

describe("event recorder", () => {
  test("an Event names its object, source and time as upstream's do", async () => {
    const { clock, recorder, server } = recording();
    recorder.event({ object: aPod("web"), fieldPath: "spec.containers{main}" }, "Warning", "BackOff", "Back-off restarting");
    await clock.advance(0);
    const [event] = server.events.values();
    expect(event).toMatchObject({
      metadata: { namespace: "default" },
      involvedObject: {
        kind: "Pod",
        apiVersion: "v1",
        namespace: "default",
        name: "web",
        uid: "uid-web",
        fieldPath: "spec.containers{main}",
      },
      type: "Warning",
      reason: "BackOff",
      message: "Back-off restarting",
      source: { component: "kubelet", host: "node-1" },
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
      reportingComponent: "kubelet",
      reportingInstance: "node-1",
    });
    expect(event?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  });

  test("about a cluster-scoped object: in namespace default", async () => {
    const { clock, recorder, server } = recording();
    recorder.event(aNode("n1"), "Normal", "Starting", "Starting kubelet.");
    await clock.advance(0);
    expect([...server.events.values()][0]).toMatchObject({ metadata: { namespace: "default" }, involvedObject: { name: "n1" } });
  });

  test("a repeat counts up the Event that is there", async () => {
    const { clock, recorder, server, told } = recording();
    for (let i = 0; i < 3; i += 1) {
      recorder.event(aPod("web"), "Normal", "Pulled", "image is present");
      await clock.advance(1000);
    }
    expect(told()).toEqual(["Pulled x3: image is present"]);
    expect([...server.events.values()][0]).toMatchObject({ firstTimestamp: "2026-01-01T00:00:00Z", lastTimestamp: "2026-01-01T00:00:02Z" });
  });

  test("a repeat of an Event that has expired is told anew", async () => {
    const { clock, recorder, server, told } = recording();
    recorder.event(aPod("web"), "Normal", "Pulled", "image is present");
    await clock.advance(1000);
    server.events.clear();
    recorder.event(aPod("web"), "Normal", "Pulled", "image is present");
    await clock.advance(1000);
    expect(told()).toEqual(["Pulled x1: image is present"]);
  });

  test("the tenth that differs only in its message becomes a combined one", async () => {
    const { clock, recorder, told } = recording();
    for (let i = 1; i <= 12; i += 1) recorder.event(aPod("rs"), "Normal", "SuccessfulCreate", `Created pod: rs-${i}`);
    await clock.advance(0);
    expect(told()).toHaveLength(10);
    expect(told().at(-1)).toBe("SuccessfulCreate x3: (combined from similar events): Created pod: rs-12");
  });

  test("after 25 in a burst one object may tell one every five minutes", async () => {
    const { clock, recorder, server } = recording();
    for (let i = 0; i < 60; i += 1) recorder.event(aPod("noisy"), "Normal", `Reason${i}`, "x");
    recorder.event(aPod("quiet"), "Normal", "Reason", "x");
    await clock.advance(0);
    expect(server.events.size).toBe(26);
    await clock.advance(300_000);
    recorder.event(aPod("noisy"), "Normal", "Later", "x");
    recorder.event(aPod("noisy"), "Normal", "TooMuch", "x");
    await clock.advance(0);
    expect(server.events.size).toBe(27);
  });

  test("a server that is away is tried again, a refusal is not", async () => {
    const { clock, recorder, server, told } = recording();
    server.failures.push(new Error("connection refused"), failure(500, "InternalError", "oops"));
    recorder.event(aPod("web"), "Normal", "Started", "x");
    await clock.advance(20_000);
    expect(told()).toEqual(["Started x1: x"]);
    server.failures.push(failure(403, "Forbidden", "namespace is being terminated"));
    recorder.event(aPod("web"), "Normal", "Killing", "x");
    await clock.advance(60_000);
    expect(told()).toHaveLength(1);
    expect(server.writes).toBe(4);
  });

  test("the queue is bounded, and disposing it leaves nothing behind", async () => {
    const { clock, recorder, server } = recording();
    server.failures.push(...Array.from({ length: 5 }, () => new Error("away")));
    for (let i = 0; i < 3000; i += 1) recorder.event(aPod(`p${i}`), "Normal", "Started", "x");
    await clock.advance(60_000);
    expect(server.events.size).toBe(1000);
    server.failures.push(new Error("away"));
    recorder.event(aPod("last"), "Normal", "Started", "x");
    await clock.advance(1);
    await recorder[Symbol.asyncDispose]();
    expect(clock.pendingTimers).toBe(0);
    recorder.event(aPod("after"), "Normal", "Started", "x");
    expect(server.events.size).toBe(1000);
  });
});
