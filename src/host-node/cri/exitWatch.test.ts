import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { virtualClock } from "../../testing/virtualClock.ts";
import { encode } from "./codec.ts";
import { ExitWatch } from "./exitWatch.ts";
import { GrpcChannel } from "./grpc.ts";
import { containerStates } from "./messages/container.ts";
import { listContainers, listPodSandbox } from "./messages/runtimeService.ts";
import { getContainerEvents } from "./messages/streaming.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-exits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closing: Http2Server[] = [];
afterEach(() => {
  for (const server of closing.splice(0)) server.close();
});

/** Knows which containers run; `told` are the open streams of events, if it has any. */
class Runtime {
  running: readonly string[] = [];
  lists = 0;
  readonly told: ServerHttp2Stream[] = [];
  readonly hasEvents: boolean;
  constructor(hasEvents: boolean) {
    this.hasEvents = hasEvents;
  }

  async open(): Promise<GrpcChannel> {
    const server = createServer();
    closing.push(server);
    server.on("stream", (stream, headers) => this.answer(stream, String(headers[":path"])));
    const path = join(folder, `${Math.random()}.sock`);
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    return new GrpcChannel(path);
  }

  event(id: string): void {
    for (const stream of this.told)
      stream.write(framed(encode(getContainerEvents.response, { container_id: id, container_event_type: 2 })));
  }

  private answer(stream: ServerHttp2Stream, path: string): void {
    stream.on("error", () => undefined);
    if (path === getContainerEvents.path && !this.hasEvents) return stream.respond({ "grpc-status": "12" }, { endStream: true });
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    if (path === getContainerEvents.path) return void this.told.push(stream);
    if (path === listPodSandbox.path) return void stream.end(framed(encode(listPodSandbox.response, { items: [] })));
    this.lists += 1;
    const containers = this.running.map((id) => ({ id, state: containerStates.running }));
    stream.end(framed(encode(listContainers.response, { containers })));
  }
}

function framed(body: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

it("looks every second where the runtime tells of nothing, and tells each end once", async () => {
  const runtime = new Runtime(false);
  runtime.running = ["a", "b"];
  using channel = await runtime.open();
  const clock = virtualClock();
  using watch = new ExitWatch({ channel, cluster: "c", clock, log: silentLog, sharesEvents: false });
  const ended: string[] = [];
  for (const id of ["a", "b"]) watch.add(id, () => ended.push(id));
  watch.add("a", () => ended.push("a again"));
  await clock.advance(1000);
  await until(() => runtime.lists === 1);
  runtime.running = ["b"];
  await watch.look();
  expect(ended).toEqual(["a"]);
  watch.drop("b");
  runtime.running = [];
  await watch.look();
  expect(ended).toEqual(["a"]);
});

it("looks as soon as the runtime tells of something", async () => {
  const runtime = new Runtime(true);
  runtime.running = ["a"];
  using channel = await runtime.open();
  using watch = new ExitWatch({ channel, cluster: "c", clock: virtualClock(), log: silentLog, sharesEvents: false });
  let ended = false;
  watch.add("a", () => (ended = true));
  await until(() => runtime.told.length === 1);
  runtime.running = [];
  runtime.event("a");
  await until(() => ended);
  expect(runtime.lists).toBe(1);
});

it("notices what had ended, and was told of, before it was known here", async () => {
  const runtime = new Runtime(true);
  using channel = await runtime.open();
  using watch = new ExitWatch({ channel, cluster: "c", clock: virtualClock(), log: silentLog, sharesEvents: false });
  await until(() => runtime.told.length === 1);
  runtime.event("short");
  await until(() => runtime.lists === 1);
  const ended: string[] = [];
  watch.add("short", () => ended.push("short"));
  await until(() => ended.length > 0);
  expect(ended).toEqual(["short"]);
});

it("goes on looking every second where another may take the events away", async () => {
  const runtime = new Runtime(true);
  runtime.running = ["a"];
  using channel = await runtime.open();
  const clock = virtualClock();
  using watch = new ExitWatch({ channel, cluster: "c", clock, log: silentLog, sharesEvents: true });
  const ended: string[] = [];
  watch.add("a", () => ended.push("a"));
  await until(() => runtime.told.length === 1);
  runtime.event("another");
  await until(() => runtime.lists === 1);
  for (let looks = 2; looks < 4; looks += 1) {
    await clock.advance(1000);
    await until(() => runtime.lists === looks);
  }
  runtime.running = [];
  await watch.look();
  expect(ended).toEqual(["a"]);
});

it("looks every second again when the runtime tells nothing any more", async () => {
  const runtime = new Runtime(true);
  runtime.running = ["a"];
  using channel = await runtime.open();
  const clock = virtualClock();
  using watch = new ExitWatch({ channel, cluster: "c", clock, log: silentLog, sharesEvents: false });
  const ended: string[] = [];
  watch.add("a", () => ended.push("a"));
  await until(() => runtime.told.length === 1);
  runtime.event("a");
  await until(() => runtime.lists === 1);
  await clock.advance(1000);
  // From here on it looks each ten seconds only.
  await until(() => runtime.lists === 2);
  runtime.running = [];
  const [broken] = runtime.told.splice(0);
  await new Promise((resolve) => broken?.end(() => resolve(undefined)));
  for (let seconds = 0; seconds < 3; seconds += 1) {
    await clock.advance(1000);
    for (let turn = 0; turn < 200 && ended.length === 0; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(ended).toEqual(["a"]);
});

it("a look that begins after an end sees it, also while another is under way", async () => {
  const runtime = new Runtime(false);
  runtime.running = ["a"];
  using channel = await runtime.open();
  using watch = new ExitWatch({ channel, cluster: "c", clock: virtualClock(), log: silentLog, sharesEvents: false });
  let ended = false;
  watch.add("a", () => (ended = true));
  const first = watch.look();
  await until(() => runtime.lists === 1);
  runtime.running = [];
  await Promise.all([first, watch.look()]);
  expect(ended).toBe(true);
});
