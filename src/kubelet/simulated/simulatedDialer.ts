/** Probes of simulated pods: scripted by target and by the time since the container started. */
import type { ProbeDialer } from "../ports/probeDialer.ts";
import type { SimulatedContainer } from "./simulatedContainer.ts";
import { outcomeAt } from "./probeScript.ts";

/** Undefined: nothing was scripted, all is well. */
export function probeOutcome(container: SimulatedContainer, targets: readonly string[], nowMs: number): string | undefined {
  const elapsedMs = nowMs - container.status.startedAtMs;
  const scripted = outcomeAt(container.script.probes, targets, elapsedMs);
  if (scripted !== undefined) return scripted;
  return elapsedMs < container.script.readyAfterMs ? "fail" : undefined;
}

/** `find`: the containers that run behind an address; undefined: no pod has it. */
export function simulatedDialer(find: (ip: string) => readonly SimulatedContainer[] | undefined, now: () => number): ProbeDialer {
  /** Throws what a dial would. */
  const ask = (ip: string, port: number, targets: readonly string[]): string => {
    const containers = find(ip);
    if (containers === undefined) throw new Error(`dial tcp ${ip}:${port}: connect: no route to host`);
    const scripted = containers.find((container) => targets.some((target) => container.script.probes.has(target)));
    const container = scripted ?? containers[0];
    if (container === undefined) throw new Error(`dial tcp ${ip}:${port}: connect: connection refused`);
    const outcome = probeOutcome(container, targets, now()) ?? "ok";
    if (outcome === "refused") throw new Error(`dial tcp ${ip}:${port}: connect: connection refused`);
    return outcome;
  };
  return {
    async http({ scheme, host, port, path }) {
      const url = `${scheme.toLowerCase()}://${host}:${port}${path}`;
      let outcome: string;
      try {
        outcome = ask(host, port, [path, "http"]);
      } catch (error) {
        throw new Error(`Get "${url}": ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
      if (outcome === "timeout")
        throw new Error(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`);
      const status = outcome === "ok" ? 200 : outcome === "fail" ? 503 : Number(outcome);
      return Promise.resolve({ status, body: "" });
    },
    async tcp(host, port) {
      const outcome = ask(host, port, [`tcp:${port}`, "tcp"]);
      if (outcome === "timeout") throw new Error(`dial tcp ${host}:${port}: i/o timeout`);
      if (outcome === "fail") throw new Error(`dial tcp ${host}:${port}: connect: connection refused`);
      return Promise.resolve();
    },
    async grpc(host, port) {
      const outcome = ask(host, port, ["grpc"]);
      if (outcome === "timeout") throw new Error(`timeout: failed to connect service "${host}:${port}" within 1s`);
      return Promise.resolve(outcome === "ok" || outcome === "0" || outcome === "200" ? "SERVING" : "NOT_SERVING");
    },
  };
}
