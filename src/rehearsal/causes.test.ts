/** Attribution as a table: a pod's life, a request, and what is to blame. */
import { describe, expect, test } from "vitest";
import { attribute, type Cause, worldOf } from "./causes.ts";
import { podLives } from "./podLives.ts";
import type { LedgerRow, Outcome } from "./ports/load.ts";
import type { TimelineEntry, Transition } from "./timeline.ts";

const refused: Outcome = { type: "refused" };
const reset: Outcome = { type: "reset" };
const ok: Outcome = { type: "answered", status: 200 };

interface RowParts {
  readonly sentMs?: number;
  readonly endMs?: number;
  readonly outcome?: Outcome;
  readonly pod?: string;
  readonly reused?: boolean;
}

function aRow({ sentMs = 5000, endMs = sentMs + 5, outcome = refused, pod = "a", reused = false }: RowParts): LedgerRow {
  const connection = { id: 1, reused, openedMs: sentMs, localPort: 0 };
  return { id: 1, client: "outside", intendedMs: sentMs, sentMs, endMs, outcome, connection, pod, version: "" };
}

/** A pod that runs and is an endpoint from its birth on; then what else happens to it. */
function aLife(pod: string, bornMs: number, ...then: readonly (readonly [number, Transition])[]): TimelineEntry[] {
  const born: Transition[] = [
    { type: "podCreated", pod, owner: "web-1", version: "1", graceSeconds: 30, preStopSeconds: 0, hasReadinessProbe: false },
    { type: "podRunning", pod, restarts: 0 },
    { type: "podReady", pod },
    { type: "endpointAdded", service: "web", pod },
  ];
  return [...born.map((what) => ({ atMs: bornMs, what })), ...then.map(([atMs, what]) => ({ atMs, what }))];
}
const deleting = (pod: string, graceSeconds = 30): Transition => ({ type: "podDeleting", pod, graceSeconds });
const removed = (pod: string): Transition => ({ type: "endpointRemoved", service: "web", pod });
const exited = (pod: string, exitCode = 0): Transition => ({ type: "podExited", pod, exitCode, reason: "" });

function causeOf(row: LedgerRow, timeline: readonly TimelineEntry[], others: readonly LedgerRow[] = []): Cause {
  return attribute(row, worldOf([...others, row], podLives(timeline, "web"), 1000)).cause;
}
const served = aRow({ sentMs: 500, outcome: ok });

describe("a pod that is known", () => {
  test.each<[string, RowParts, TimelineEntry[], Cause]>([
    ["refused after SIGTERM", { sentMs: 5100 }, aLife("a", 0, [5000, deleting("a")], [5001, removed("a")]), "staleEndpoint"],
    [
      "gone altogether",
      { sentMs: 6000, outcome: { type: "unreachable" } },
      aLife("a", 0, [5000, deleting("a")], [5020, exited("a")]),
      "staleEndpoint",
    ],
    ["cut as the process ended", { endMs: 5300, outcome: reset }, aLife("a", 0, [5200, deleting("a")], [5300, exited("a")]), "cutInFlight"],
    [
      "sent between SIGTERM and the process's end, and never taken",
      { sentMs: 5010, outcome: reset },
      aLife("a", 0, [5000, deleting("a")], [5030, exited("a")]),
      "staleEndpoint",
    ],
    [
      "sent after SIGTERM to a process that is killed later",
      { sentMs: 5100, endMs: 35_000, outcome: reset },
      aLife("a", 0, [5000, deleting("a")], [35_000, exited("a", 137)]),
      "cutInFlight",
    ],
    [
      "closed on SIGTERM with the request under way, the process living on",
      { sentMs: 5100, endMs: 5300, outcome: reset },
      aLife("a", 0, [5300, deleting("a")]),
      "cutInFlight",
    ],
    ["kept connection closed", { sentMs: 5100, outcome: reset, reused: true }, aLife("a", 0, [5000, deleting("a")]), "keepAliveClosed"],
    ["kept connection closed without a release", { outcome: reset, reused: true }, aLife("a", 0), "keepAliveClosed"],
    ["crashed under it", { endMs: 5200, outcome: reset }, aLife("a", 0, [5200, exited("a", 1)]), "crashed"],
    ["down after a crash", { sentMs: 5400 }, aLife("a", 0, [5200, exited("a", 1)]), "crashed"],
    ["an error of its own", { outcome: { type: "answered", status: 500 } }, aLife("a", 0), "applicationError"],
    ["nothing overlaps", { outcome: { type: "timeout" }, endMs: 10_000 }, aLife("a", 0), "unknown"],
  ])("%s", (_name, row, timeline, cause) => {
    expect(causeOf(aRow(row), timeline, [served])).toBe(cause);
  });

  test("that has not answered yet is not ready", () => {
    expect(causeOf(aRow({ sentMs: 5000 }), aLife("a", 4900))).toBe("notReady");
    expect(causeOf(aRow({ sentMs: 5000 }), aLife("a", 4900), [aRow({ sentMs: 6500, outcome: ok })])).toBe("notReady");
  });

  test("a slow answer while fewer pods than usual are ready is overload", () => {
    const both = [...aLife("a", 0), ...aLife("b", 0, [4000, removed("b")])];
    expect(causeOf(aRow({ outcome: { type: "timeout" }, endMs: 10_000 }), both, [served])).toBe("overloaded");
  });

  test("a kill at the end of the grace period is told apart from an early exit", () => {
    const detail = (timeline: TimelineEntry[]): string =>
      attribute(aRow({ sentMs: 6500, endMs: 7000, outcome: reset }), worldOf([served], podLives(timeline, "web"), 1000)).detail;
    expect(detail(aLife("a", 0, [5000, deleting("a", 1)], [7000, exited("a", 137)]))).toContain("killed when its grace of 1 s");
    expect(detail(aLife("a", 0, [6990, deleting("a")], [7000, exited("a")]))).toContain("ended on SIGTERM");
  });
});

describe("a pod that is not known", () => {
  test("without any endpoint, that is the cause", () => {
    const gone = aLife("a", 0, [4000, removed("a")]);
    expect(causeOf(aRow({ pod: "" }), gone)).toBe("noEndpoint");
    expect(causeOf(aRow({ pod: "", outcome: { type: "noEndpoint" } }), aLife("a", 0))).toBe("noEndpoint");
  });

  test("the life that explains it best is taken, and said to be inferred", () => {
    const timeline = [...aLife("old", 0, [4800, deleting("old")]), ...aLife("stays", 0)];
    const found = attribute(aRow({ pod: "" }), worldOf([], podLives(timeline, "web"), 1000));
    expect(found).toMatchObject({ cause: "staleEndpoint", pod: "old", inferred: true });
  });
});
