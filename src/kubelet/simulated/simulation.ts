/**
 * Simulated nodes: runtime, volumes and probe dialer without a process behind them, for thousands of pods, virtual time and the browser.
 * One timer wheel for all nodes; the same seed gives the same run. How pods behave is in script.ts.
 */
import type { Clock } from "../../base/clock.ts";
import type { Rng } from "../../base/rng.ts";
import type { ProbeDialer } from "../ports/probeDialer.ts";
import type { ContainerRuntime } from "../ports/runtime.ts";
import type { Volumes } from "../ports/volumes.ts";
import { Timers } from "../timers.ts";
import { promptProfile, type Profile } from "./script.ts";
import type { SimulatedContainer } from "./simulatedContainer.ts";
import { simulatedDialer } from "./simulatedDialer.ts";
import { SimulatedRuntime } from "./simulatedRuntime.ts";
import { simulatedVolumes } from "./simulatedVolumes.ts";

export interface SimulationOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** What differs from a node on which everything happens at once. */
  readonly profile?: Partial<Profile> | undefined;
}

/** What a kubelet needs of its node. */
export interface SimulatedNode {
  readonly runtime: ContainerRuntime;
  readonly volumes: Volumes;
  readonly dialer: ProbeDialer;
}

export interface Simulation extends Disposable {
  /** `podCidr`: where the node's pods get their addresses; unique among the nodes of a simulation. */
  node(podCidr: string): SimulatedNode;
}

export function createSimulation(options: SimulationOptions): Simulation {
  const { clock, rng } = options;
  const timers = new Timers(clock);
  const profile: Profile = { ...promptProfile, ...options.profile };
  const byIp = new Map<string, () => readonly SimulatedContainer[]>();
  const dialer = simulatedDialer(
    (ip) => byIp.get(ip)?.(),
    () => clock.now(),
  );
  return {
    node(podCidr) {
      const runtime = new SimulatedRuntime({ timers, rng, profile, podCidr, byIp });
      return { runtime, volumes: simulatedVolumes(), dialer };
    },
    [Symbol.dispose]: () => timers[Symbol.dispose](),
  };
}
