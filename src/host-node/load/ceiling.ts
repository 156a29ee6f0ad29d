/** How many requests a second this process can make: tried against a server of its own on loopback, which costs it about as much again. */
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { once } from "node:events";
import type { LoadSpec } from "../../rehearsal/ports/load.ts";
import { senderFor } from "./senderFor.ts";

const trialMs = 400;
const warmUpMs = 300;
const concurrency = 32;

/** Requests a second, in the same way of using connections. */
export async function measureCeiling(spec: LoadSpec): Promise<number> {
  const server =
    spec.protocol === "http/2"
      ? createHttp2Server((_request, response) => void response.end("ok"))
      : createServer((_request, response) => void response.end("ok"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const sender = senderFor(spec, { client: "outside", host: "127.0.0.1", port, secure: false }, () => performance.now());
  let done = 0;
  const work = async (untilMs: number): Promise<void> => {
    while (performance.now() < untilMs) {
      const { outcome } = await sender.send();
      if (outcome.type === "answered") done += 1;
    }
  };
  const round = async (forMs: number): Promise<number> => {
    done = 0;
    const startMs = performance.now();
    await Promise.all(Array.from({ length: concurrency }, () => work(startMs + forMs)));
    return done / ((performance.now() - startMs) / 1000);
  };
  await round(warmUpMs);
  const ceiling = await round(trialMs);
  sender.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  server.close();
  return Math.floor(ceiling);
}
