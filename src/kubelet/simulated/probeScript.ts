/**
 * Outcomes of probes over the time since a container started: `TARGET=OUTCOME@AFTER,OUTCOME@AFTER | TARGET=...`.
 * Targets: an HTTP path (`/readiness`), `tcp`, `tcp:PORT`, `grpc`, `exec`, or `*` for whatever has no entry of its own.
 * Outcomes: an HTTP status (`503`), an exit code for exec, `ok`, `fail`, `refused`, `timeout`. `@AFTER` is a Go duration; without one, 0s.
 * Example: `/readiness=503,200@5s,503@1m | /healthz=200 | tcp:5432=refused,ok@2s`.
 */
import { parseGoDuration } from "../../machinery/time.ts";

interface Step {
  readonly afterMs: number;
  readonly outcome: string;
}
export type ProbeScript = ReadonlyMap<string, readonly Step[]>;

const form = /^(?:\d+|ok|fail|refused|timeout)$/;

/** Throws an Error that names the part that can't be read. */
export function parseProbeScript(text: string): ProbeScript {
  const script = new Map<string, Step[]>();
  for (const part of text.split("|")) {
    const trimmed = part.trim();
    if (trimmed === "") continue;
    const at = trimmed.indexOf("=");
    if (at < 1) throw new Error(`probe script: "${trimmed}" is not TARGET=OUTCOMES`);
    const steps = trimmed
      .slice(at + 1)
      .split(",")
      .map(parseStep);
    script.set(
      trimmed.slice(0, at).trim(),
      steps.sort((a, b) => a.afterMs - b.afterMs),
    );
  }
  return script;
}

function parseStep(text: string): Step {
  const [outcome = "", after = "0s"] = text.trim().split("@");
  const afterMs = parseGoDuration(after);
  if (!form.test(outcome) || afterMs === undefined) throw new Error(`probe script: "${text.trim()}" is not OUTCOME@AFTER`);
  return { afterMs, outcome };
}

/** What the script says of the first of these targets that it knows; undefined: nothing. */
export function outcomeAt(script: ProbeScript, targets: readonly string[], elapsedMs: number): string | undefined {
  const steps = [...targets, "*"].map((target) => script.get(target)).find((found) => found !== undefined);
  return steps?.findLast((step) => step.afterMs <= elapsedMs)?.outcome;
}
