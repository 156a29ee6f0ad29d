import { describe, expect, it } from "vitest";
import { seededRng } from "../../base/rng.ts";
import { Relay } from "./relay.ts";

const backends = ["a", "b", "c"].map((podName, i) => ({ ip: `10.244.0.${i + 2}`, port: 80, nodeName: "n", podName }));

function aRelay(affinitySeconds: number): { readonly relay: Relay; readonly clock: { nowMs: number } } {
  const clock = { nowMs: 0 };
  const deps = { clock: { now: () => clock.nowMs, after: () => ({ [Symbol.dispose]: () => undefined }) }, rng: seededRng(1) };
  return { relay: new Relay(deps, { backends, affinitySeconds }), clock };
}

describe("Relay.pick", () => {
  it("spreads clients over all backends", () => {
    const { relay } = aRelay(0);
    const seen = new Set(Array.from({ length: 50 }, () => relay.pick("127.0.0.1")?.podName));
    expect([...seen].sort()).toEqual(["a", "b", "c"]);
  });

  it("keeps a client on its backend for the affinity's time since its last connection", () => {
    const { relay, clock } = aRelay(60);
    const first = relay.pick("127.0.0.1");
    for (let i = 0; i < 20; i += 1) {
      clock.nowMs += 59_000;
      expect(relay.pick("127.0.0.1")).toBe(first);
    }
    clock.nowMs += 60_001;
    const later = new Set(Array.from({ length: 30 }, (_, i) => relay.pick(`127.0.0.${i}`)?.podName));
    expect(later.size).toBe(3);
  });

  it("moves a client whose backend has gone, and has nobody when there is none", () => {
    const { relay } = aRelay(60);
    const first = relay.pick("127.0.0.1");
    const rest = backends.filter((backend) => backend !== first);
    relay.retarget({ backends: rest, affinitySeconds: 60 });
    expect(rest).toContain(relay.pick("127.0.0.1"));
    relay.retarget({ backends: [], affinitySeconds: 60 });
    expect(relay.pick("127.0.0.1")).toBeUndefined();
  });
});
