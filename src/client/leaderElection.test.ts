import { describe, expect, test } from "vitest";
import { silentLog } from "../base/log.ts";
import { seededRng } from "../base/rng.ts";
import { failure } from "../machinery/status.ts";
import type { Lease } from "../schema/shapes/coordination.v1.ts";
import { virtualClock, type VirtualClock } from "../testing/virtualClock.ts";
import type { Client } from "./client.ts";
import { standForLeader } from "./leaderElection.ts";

/** One Lease with optimistic locking; `reachable` decides who gets through to it. */
class LeaseServer {
  lease: Lease | undefined;
  readonly cutOff = new Set<string>();
  private version = 0;

  clientOf(identity: string): Client {
    const write = (lease: Lease): Lease => {
      this.version += 1;
      this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.version) } };
      return this.lease;
    };
    const reach = async <T>(act: () => T): Promise<T> => {
      await Promise.resolve();
      if (this.cutOff.has(identity)) throw new Error("unreachable");
      return act();
    };
    return {
      get: () => reach(() => this.lease),
      create: (_kind: unknown, lease: Lease) =>
        reach(() => {
          if (this.lease !== undefined) throw failure(409, "AlreadyExists", "exists");
          return write(lease);
        }),
      update: (_kind: unknown, lease: Lease) =>
        reach(() => {
          if (this.lease?.metadata.resourceVersion !== lease.metadata.resourceVersion) throw failure(409, "Conflict", "changed");
          return write(lease);
        }),
    } as unknown as Client;
  }
}

function election(): { clock: VirtualClock; server: LeaseServer; leaders: Set<string>; stand: (identity: string) => AsyncDisposable } {
  const clock = virtualClock(Date.UTC(2026, 0, 1));
  const server = new LeaseServer();
  const leaders = new Set<string>();
  let seed = 0;
  const stand = (identity: string): AsyncDisposable =>
    standForLeader({
      client: server.clientOf(identity),
      clock,
      rng: seededRng((seed += 1)),
      log: silentLog,
      key: { namespace: "kube-system", name: "scheduler" },
      identity,
      lead: async (signal) => {
        leaders.add(identity);
        expect(leaders.size).toBe(1);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        leaders.delete(identity);
      },
    });
  return { clock, server, leaders, stand };
}

describe("leader election", () => {
  test("one leads, renews, and the Lease says so", async () => {
    const { clock, server, leaders, stand } = election();
    await using _a = stand("a");
    await using _b = stand("b");
    await clock.advance(60_000);
    expect([...leaders]).toEqual(["a"]);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(server.lease?.spec.acquireTime).toBe("2026-01-01T00:00:00.000000Z");
    expect(server.lease?.spec.renewTime).not.toBe(server.lease?.spec.acquireTime);
  });

  test("a leader that is cut off stops leading before another starts", async () => {
    const { clock, server, leaders, stand } = election();
    await using _a = stand("a");
    await clock.advance(10_000);
    await using _b = stand("b");
    await clock.advance(5_000);
    server.cutOff.add("a");
    await clock.advance(14_000);
    expect([...leaders]).toEqual([]);
    await clock.advance(10_000);
    expect([...leaders]).toEqual(["b"]);
    expect(server.lease?.spec.leaseTransitions).toBe(1);
    server.cutOff.clear();
    await clock.advance(60_000);
    expect([...leaders]).toEqual(["b"]);
  });

  test("a candidate that withdraws hands over at once", async () => {
    const { clock, server, leaders, stand } = election();
    const a = stand("a");
    await clock.advance(4_000);
    await using _b = stand("b");
    await clock.advance(1_000);
    await a[Symbol.asyncDispose]();
    expect(server.lease?.spec.holderIdentity).toBe("");
    await clock.advance(3_000);
    expect([...leaders]).toEqual(["b"]);
  });

  test("disposing leaves no timer", async () => {
    const { clock, stand } = election();
    const candidates = ["a", "b", "c"].map(stand);
    await clock.advance(30_000);
    for (const candidate of candidates) await candidate[Symbol.asyncDispose]();
    expect(clock.pendingTimers).toBe(0);
  });
});
