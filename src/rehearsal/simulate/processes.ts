/** The programs in simulated pods, out of the pods' lives and of how each program behaves: when it listens, until when, and when its connections end. Pure. */
import { assertNever } from "../../base/assert.ts";
import { killMs, type PodLife, sigtermMs } from "../podLives.ts";
import { type AppBehaviour, drainLingerMs, usualBehaviour } from "../ports/appBehaviour.ts";

export interface Process {
  readonly pod: string;
  readonly version: string;
  readonly behaviour: AppBehaviour;
  readonly listensFromMs: number;
  readonly listensUntilMs: number;
  /** From then on each connection ends with its next answer, and the client is told. */
  readonly goodbyeMs: number;
  /** Idle connections are closed then. */
  readonly idleClosedMs: number;
  /** Whatever is under way is cut then. */
  readonly cutMs: number;
}

/** By pod; several where a container was restarted. */
export function processesOf(
  lives: ReadonlyMap<string, PodLife>,
  behaviours: ReadonlyMap<string, AppBehaviour>,
): ReadonlyMap<string, readonly Process[]> {
  return new Map(
    [...lives].map(([name, life]) => [name, life.running.map((span) => processOf(life, span, behaviours.get(name) ?? usualBehaviour))]),
  );
}

function processOf(life: PodLife, span: { readonly fromMs: number; readonly toMs: number }, behaviour: AppBehaviour): Process {
  const asked = sigtermMs(life) ?? Infinity;
  const killed = killMs(life) ?? Infinity;
  // Gone by itself before it was asked to go.
  const ended = span.toMs < asked ? span.toMs : Infinity;
  const signalled = Math.min(asked, ended);
  const common = { pod: life.name, version: life.version, behaviour, listensFromMs: span.fromMs + behaviour.listenAfterMs };
  switch (behaviour.onSigterm) {
    case "exit":
    case "hangup":
      return { ...common, listensUntilMs: signalled, goodbyeMs: signalled, idleClosedMs: signalled, cutMs: signalled };
    case "stop":
      return { ...common, listensUntilMs: signalled, goodbyeMs: signalled, idleClosedMs: signalled, cutMs: Math.min(killed, ended) };
    case "drain": {
      const cutMs = Math.min(killed, ended);
      return {
        ...common,
        listensUntilMs: signalled,
        goodbyeMs: signalled,
        idleClosedMs: Math.min(signalled + drainLingerMs, cutMs),
        cutMs,
      };
    }
    case "ignore": {
      const end = Math.min(killed, ended);
      return { ...common, listensUntilMs: end, goodbyeMs: end, idleClosedMs: end, cutMs: end };
    }
    default:
      return assertNever(behaviour.onSigterm);
  }
}
