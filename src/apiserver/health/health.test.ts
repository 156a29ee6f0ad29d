import { expect, test } from "vitest";
import { Query } from "../request/query.ts";
import { health } from "./health.ts";
import type { HealthCheck } from "./health.ts";

const good: HealthCheck = { name: "ping", problem: () => undefined };
const loading: HealthCheck = { name: "sync", readyOnly: true, problem: () => "not yet" };

async function ask(path: string, query = ""): Promise<[number, string] | undefined> {
  const answer = await health(path, new Query(query), [good, loading]);
  return answer && [answer.status, new TextDecoder().decode(answer.body as Uint8Array)];
}

test("health", async () => {
  expect(await ask("/livez")).toEqual([200, "ok"]);
  expect(await ask("/readyz")).toEqual([500, "[+]ping ok\n[-]sync failed: reason withheld\nreadyz check failed\n"]);
  expect(await ask("/readyz", "exclude=sync")).toEqual([200, "ok"]);
  expect(await ask("/livez", "verbose")).toEqual([200, "[+]ping ok\nlivez check passed\n"]);
  expect(await ask("/livez/ping")).toEqual([200, "ok"]);
  expect(await ask("/readyz/sync")).toEqual([500, "internal server error: not yet\n"]);
  expect([await ask("/livez/sync"), await ask("/healthy")]).toEqual([undefined, undefined]);
});
