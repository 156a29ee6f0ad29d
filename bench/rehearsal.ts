/**
 * What the rehearsal's load generator holds on this machine: the highest rate that it still sends on time at a server in a process of its own, for each
 * way of using connections; beside it what wrk drives the same server to; and the refusal of a rate that it can't hold.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { processLink, RemoteGenerator } from "../src/cli/rehearse/loadProcess.ts";
import { latencyMs } from "../src/rehearsal/ledger.ts";
import { type LoadSpec, maxLateShare, RateRefused } from "../src/rehearsal/ports/load.ts";
import { quantile } from "../src/rehearsal/propagation.ts";

const programs = join(process.cwd(), "dist");
const port = 18_480;
const runMs = 3000;
const firstRate = 250;
const stepFactor = 1.5;
/** More has never been seen. */
const mostSteps = 14;

const aSpec = (parts: Partial<LoadSpec>): LoadSpec => ({
  ratePerSecond: firstRate,
  arrivals: "constant",
  method: "GET",
  path: "/",
  headers: {},
  body: "",
  keepAlive: 0,
  protocol: "http/1.1",
  timeoutMs: 5000,
  seed: 1,
  version: { from: "image" },
  ...parts,
});

interface Held {
  readonly ratePerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One run; undefined where it could not be held, or not all was answered. */
async function run(generator: RemoteGenerator, spec: LoadSpec): Promise<Held | undefined> {
  const epochMs = Date.now();
  const load = await generator.start(spec, { client: "outside", host: "127.0.0.1", port, secure: false }, epochMs);
  await wait(runMs);
  const { rows, health } = await load.stop();
  const answered = rows.filter(({ outcome }) => outcome.type === "answered");
  if (health.lateShare > maxLateShare || health.unsent > 0 || answered.length < rows.length) return undefined;
  const sorted = answered.map(latencyMs).sort((a, b) => a - b);
  return { ratePerSecond: spec.ratePerSecond, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

async function highest(generator: RemoteGenerator, parts: Partial<LoadSpec>): Promise<Held | undefined> {
  let best: Held | undefined;
  let rate = firstRate;
  for (let step = 0; step < mostSteps; step += 1) {
    const held = await run(generator, aSpec({ ...parts, ratePerSecond: Math.round(rate) }));
    if (held === undefined) return best;
    best = held;
    rate *= stepFactor;
  }
  return best;
}

function heldText(held: Held | undefined): string {
  if (held === undefined) return `not even ${firstRate} a second`;
  return `${held.ratePerSecond} a second on time, latency p50 ${held.p50Ms.toFixed(1)} ms, p99 ${held.p99Ms.toFixed(1)} ms from the intended moment`;
}

function wrk(connections: number, headers: readonly string[]): string {
  const given = headers.flatMap((header) => ["-H", header]);
  const args = ["-t1", `-c${connections}`, `-d${runMs / 1000}s`, "--latency", ...given, `http://127.0.0.1:${port}/`];
  const done = spawnSync("wrk", args, { encoding: "utf8" });
  if (done.error !== undefined || done.status !== 0) return "not installed (Debian package wrk)";
  const [, rate = "?"] = /Requests\/sec:\s+([\d.]+)/.exec(done.stdout) ?? [];
  const [, p50 = "?"] = /50%\s+(\S+)/.exec(done.stdout) ?? [];
  const [, p99 = "?"] = /99%\s+(\S+)/.exec(done.stdout) ?? [];
  return `${Math.round(Number(rate))} a second as fast as it goes, latency p50 ${p50}, p99 ${p99} from the moment of sending`;
}

async function listening(): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const socket = createConnection({ host: "127.0.0.1", port });
    const up = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
    socket.destroy();
    if (up) return;
    await wait(50);
  }
  throw new Error("the server did not start");
}

const server = spawn(process.execPath, [join(programs, "catalogue/rehearsalApp.cjs")], {
  env: { ...process.env, PORT: String(port), ANSWER_AFTER_MS: "0" },
  stdio: "ignore",
});
const generator = new RemoteGenerator(processLink(programs));
try {
  await listening();
  console.log(`a new connection each:      ${heldText(await highest(generator, {}))}`);
  console.log(`32 kept-alive connections:  ${heldText(await highest(generator, { keepAlive: 32 }))}`);
  console.log(`HTTP/2, 4 connections:      ${heldText(await highest(generator, { keepAlive: 4, protocol: "http/2" }))}`);
  console.log(`wrk, a new connection each: ${wrk(32, ["Connection: close"])}`);
  console.log(`wrk, 32 kept alive:         ${wrk(32, [])}`);
  const refused = await generator.measure(aSpec({ ratePerSecond: 90_000 })).catch((error: unknown) => error);
  console.log(`asked for 90000 a second:   ${refused instanceof RateRefused ? refused.message : "NOT REFUSED"}`);
  if (!(refused instanceof RateRefused)) process.exitCode = 1;
} finally {
  generator[Symbol.dispose]();
  server.kill("SIGKILL");
}
