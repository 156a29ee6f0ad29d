import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { LogOptions } from "../../kubelet/ports/runtime.ts";
import { type LogFile, maxFiles, openLogFile } from "./logFile.ts";
import { readLog } from "./readLog.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-logs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function aLog(maxFileBytes?: number): { readonly log: LogFile; readonly clock: { nowMs: number }; readonly path: string } {
  files += 1;
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const path = join(folder, String(files), "0.log");
  const log = openLogFile({ path, clock: { now: () => clock.nowMs, after: () => ({ [Symbol.dispose]: () => undefined }) }, maxFileBytes });
  return { log, clock, path };
}
async function texts(log: LogFile, options: Partial<LogOptions> = {}): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of readLog(log, { follow: false, ...options })) found.push(Buffer.from(line.text).toString());
  return found;
}
const bytes = (text: string): Buffer => Buffer.from(text);

describe("a container's log", () => {
  it("writes one record a line in the kubelet's form", () => {
    const { log, path } = aLog();
    log.append("stdout", bytes("one\ntw"));
    log.append("stderr", bytes("oops\n"));
    log.append("stdout", bytes("o\nrest"));
    log.end();
    const time = "2026-01-01T00:00:00.000000000Z";
    expect(readFileSync(path, "utf8")).toBe(`${time} stdout F one\n${time} stderr F oops\n${time} stdout F two\n${time} stdout P rest\n`);
  });

  it("cuts endless lines into parts that read back whole", async () => {
    const { log } = aLog();
    const long = "x".repeat(40_000);
    log.append("stdout", bytes(`${long}\nend\n`));
    const read = await texts(log);
    expect(read.length).toBe(4);
    expect(read.join("")).toBe(`${long}\nend\n`);
  });

  it("rotates, keeps the newest files, and reads across them", async () => {
    const { log, clock } = aLog(1000);
    for (let i = 0; i < 200; i += 1) {
      clock.nowMs += 10_000;
      log.append("stdout", bytes(`line ${i}\n`));
    }
    expect(log.segments.length).toBe(maxFiles);
    const read = await texts(log);
    expect(read.at(-1)).toBe("line 199\n");
    expect(read.length).toBeGreaterThan(60);
    expect(read.length).toBeLessThan(200);
    expect(read.map((text) => Number(text.slice(5)))).toEqual(Array.from({ length: read.length }, (_, i) => 200 - read.length + i));
    expect(await texts(log, { tailLines: 40 })).toEqual(read.slice(-40));
    expect(await texts(log, { tailLines: 100_000 })).toEqual(read);
  });

  it("keeps a burst in one file, however large, for ten seconds", () => {
    const { log, clock } = aLog(1000);
    for (let i = 0; i < 2000; i += 1) log.append("stdout", bytes(`line ${i}\n`));
    expect(log.segments.length).toBe(1);
    clock.nowMs += 10_000;
    log.append("stdout", bytes("later\n"));
    expect(log.segments.length).toBe(2);
  });

  it("gives the tail and what came since a time", async () => {
    const { log, clock } = aLog();
    for (let i = 0; i < 10; i += 1) {
      clock.nowMs += 1000;
      log.append("stdout", bytes(`${i}\n`));
    }
    expect(await texts(log, { tailLines: 3 })).toEqual(["7\n", "8\n", "9\n"]);
    expect(await texts(log, { tailLines: 0 })).toEqual([]);
    expect(await texts(log, { sinceMs: clock.nowMs - 1000 })).toEqual(["8\n", "9\n"]);
    expect(await texts(log, { tailLines: 5, sinceMs: clock.nowMs })).toEqual(["9\n"]);
  });

  it("follows through rotation to the end, missing and repeating nothing", async () => {
    const { log, clock } = aLog(500);
    const reading = texts(log, { follow: true });
    for (let i = 0; i < 300; i += 1) {
      clock.nowMs += 10_000;
      log.append("stdout", bytes(`${i}\n`));
      if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    log.end();
    const read = (await reading).map(Number);
    expect(read).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it("stops following at once when aborted", async () => {
    const { log } = aLog();
    log.append("stdout", bytes("one\n"));
    const abort = new AbortController();
    const reading = texts(log, { follow: true, signal: abort.signal });
    abort.abort();
    expect((await reading).length).toBeLessThan(2);
  });
});
