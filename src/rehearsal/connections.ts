/**
 * What a data plane of ours tells about connections: which pod each was sent to, which dials failed, which backends each node's view held. Joined with
 * the ledger by the client's port. Pure.
 */
import type { LedgerRow, Outcome } from "./ports/load.ts";
import type { TimelineEntry } from "./timeline.ts";

/** Times are the machine's clock, in milliseconds since the epoch. */
export type ConnectionRecord =
  /** `pod` is empty where the Service had no backend. */
  | { readonly type: "picked"; readonly atMs: number; readonly port: number; readonly pod: string }
  | { readonly type: "failed"; readonly atMs: number; readonly port: number; readonly code: string }
  | { readonly type: "view"; readonly atMs: number; readonly service: string; readonly view: string; readonly pods: readonly string[] };

/** A port is used again at the earliest after this long. */
const sameConnectionMs = 2000;

interface Picked {
  readonly atMs: number;
  readonly pod: string;
  code: string;
}

/** Rows with their pods, and with the outcome that the data plane saw where it saw more than the client. */
export function joinConnections(rows: readonly LedgerRow[], records: readonly ConnectionRecord[], epochMs: number): LedgerRow[] {
  const byPort = new Map<number, Picked[]>();
  for (const record of records) {
    if (record.type === "picked") {
      const picked = { atMs: record.atMs - epochMs, pod: record.pod, code: "" };
      const known = byPort.get(record.port);
      if (known === undefined) byPort.set(record.port, [picked]);
      else known.push(picked);
    } else if (record.type === "failed") {
      const last = byPort.get(record.port)?.at(-1);
      if (last !== undefined) last.code = record.code;
    }
  }
  return rows.map((row) => {
    const picked = nearest(byPort.get(row.connection.localPort) ?? [], row.connection.openedMs);
    if (row.connection.localPort === 0 || picked === undefined) return row;
    return { ...row, pod: picked.pod === "" ? row.pod : picked.pod, outcome: outcomeSeen(row.outcome, picked) };
  });
}

function nearest(picks: readonly Picked[], openedMs: number): Picked | undefined {
  let best: Picked | undefined;
  for (const pick of picks) {
    const distance = Math.abs(pick.atMs - openedMs);
    if (distance < sameConnectionMs && (best === undefined || distance < Math.abs(best.atMs - openedMs))) best = pick;
  }
  return best;
}

/** The border accepts before it dials: a refusal behind it reaches the client as a reset. */
function outcomeSeen(outcome: Outcome, { pod, code }: Picked): Outcome {
  if (outcome.type === "answered" || outcome.type === "unsent") return outcome;
  if (pod === "") return { type: "noEndpoint" };
  if (code === "ECONNREFUSED") return { type: "refused" };
  return code === "EHOSTUNREACH" || code === "ENETUNREACH" || code === "ETIMEDOUT" ? { type: "unreachable" } : outcome;
}

export function viewEntries(records: readonly ConnectionRecord[], service: string, epochMs: number): TimelineEntry[] {
  return records.flatMap((record) => {
    if (record.type !== "view" || record.service !== service) return [];
    const name = service.slice(service.indexOf("/") + 1);
    return [
      {
        atMs: Math.round((record.atMs - epochMs) * 100) / 100,
        what: { type: "viewChanged", service: name, view: record.view, pods: record.pods },
      },
    ];
  });
}
