/**
 * The ledger: one row for each request that was meant to be sent, whatever became of it. Times are milliseconds since the rehearsal's start.
 * Stored as JSON lines, gzipped. Neighbours: timeline.ts (what the cluster did meanwhile), causes.ts (why a row failed).
 */
import { assertNever } from "../base/assert.ts";
import type { LedgerRow, Outcome } from "./ports/load.ts";

export function latencyMs(row: LedgerRow): number {
  return row.endMs - row.intendedMs;
}

/** Answered by something below 400 counts as a success; `unsent` is the generator's failure, not the release's. */
export function isFailed({ outcome }: LedgerRow): boolean {
  switch (outcome.type) {
    case "answered":
      return outcome.status >= 400;
    case "unsent":
      return false;
    case "refused":
    case "reset":
    case "closed":
    case "timeout":
    case "unresolved":
    case "unreachable":
    case "noEndpoint":
      return true;
    default:
      return assertNever(outcome);
  }
}

/** `status 503`, `reset`, ... */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.type) {
    case "answered":
      return `status ${outcome.status}`;
    case "noEndpoint":
      return "no endpoint";
    case "unsent":
      return `not sent: ${outcome.reason}`;
    case "refused":
    case "reset":
    case "closed":
    case "timeout":
    case "unreachable":
      return outcome.type;
    case "unresolved":
      return "name not found";
    default:
      return assertNever(outcome);
  }
}

const rowsPerChunk = 1000;

/** JSON lines through gzip, chunk by chunk. The same rows give the same bytes. */
export async function* jsonLinesGzip(rows: Iterable<object>): AsyncGenerator<Uint8Array> {
  const gzip = new CompressionStream("gzip");
  const writer = gzip.writable.getWriter();
  const writing = writeLines(rows, (text) => writer.write(new TextEncoder().encode(text))).then(() => writer.close());
  const reader = gzip.readable.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  await writing;
}

async function writeLines(rows: Iterable<object>, write: (text: string) => Promise<void>): Promise<void> {
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(JSON.stringify(row));
    if (lines.length < rowsPerChunk) continue;
    await write(`${lines.join("\n")}\n`);
    lines = [];
  }
  if (lines.length > 0) await write(`${lines.join("\n")}\n`);
}
