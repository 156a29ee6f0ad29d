import { describe, expect, test } from "vitest";
import { seededRng } from "../base/rng.ts";
import type { ApiRequest, ApiResponse, Transport } from "../machinery/http.ts";
import { faultyTransport, noFaults, type Faults } from "./faultyTransport.ts";
import { virtualClock, type VirtualClock } from "./virtualClock.ts";

const body = (text: string): Uint8Array => new TextEncoder().encode(text);

function through(faults: Partial<Faults>): { send: Transport; served: ApiRequest[]; clock: VirtualClock } {
  const clock = virtualClock(0);
  const served: ApiRequest[] = [];
  const transport: Transport = (request) => {
    served.push(request);
    return Promise.resolve({ status: 200, headers: {}, body: request.url.includes("watch=true") ? endless(request.signal) : body("{}") });
  };
  return { send: faultyTransport({ transport, clock, rng: seededRng(1), faults: () => ({ ...noFaults, ...faults }) }), served, clock };
}

async function* endless(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  yield body("first\n");
  yield body("second\n");
  await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
}

const request = (method: string, url = "/api/v1/pods"): ApiRequest => ({ method, url, headers: {} });
const outcome = async (sending: Promise<ApiResponse>): Promise<number> => (await sending.catch(() => ({ status: 0 }))).status;

describe("faulty transport", () => {
  test("without faults it is the transport", async () => {
    const { send, served } = through({});
    expect((await send(request("POST"))).status).toBe(200);
    expect(served).toHaveLength(1);
  });

  test("a refused request never reaches the server, a lost answer is of one that did", async () => {
    const refusing = through({ refused: 1 });
    for (let i = 0; i < 20; i += 1) expect([0, 429, 500, 504]).toContain(await outcome(refusing.send(request("POST"))));
    expect(refusing.served).toHaveLength(0);
    const losing = through({ answerLost: 1 });
    for (let i = 0; i < 20; i += 1) expect([0, 500, 504]).toContain(await outcome(losing.send(request("POST"))));
    expect(losing.served).toHaveLength(20);
    expect(await outcome(losing.send(request("GET")))).toBe(200);
  });

  test("conflicts are for changes of what is there", async () => {
    const { send } = through({ conflict: 1 });
    expect(await outcome(send(request("PUT")))).toBe(409);
    expect(await outcome(send(request("POST")))).toBe(200);
  });

  test("answers come late, in virtual time", async () => {
    const { send, clock } = through({ delayMs: 500 });
    let answered = 0;
    void send(request("GET")).then(() => (answered = clock.now()));
    await clock.advance(1000);
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThanOrEqual(1000);
  });

  test("a watch is told that it is too old, unless it begins anew", async () => {
    const { send } = through({ expired: 1 });
    expect(await outcome(send(request("GET", "/api/v1/pods?watch=true&resourceVersion=5")))).toBe(410);
    expect(await outcome(send(request("GET", "/api/v1/pods?watch=true&sendInitialEvents=true")))).toBe(200);
  });

  test("a watch breaks off, after its events in their order", async () => {
    const { send, clock } = through({ watchBreaksWithinMs: 1000, watchLagMs: 10 });
    const seen: string[] = [];
    let ended = false;
    void (async () => {
      const response = await send(request("GET", "/api/v1/pods?watch=true"));
      if (!(response.body instanceof Uint8Array))
        for await (const chunk of response.body) seen.push(new TextDecoder().decode(chunk).trim());
      ended = true;
    })();
    await clock.advance(1100);
    expect(seen).toEqual(["first", "second"]);
    expect(ended).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
