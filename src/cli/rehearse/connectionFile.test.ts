import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectionTrace } from "../../host-node/connectionTrace.ts";
import type { Backend } from "../../proxy/ports/dataPlane.ts";
import { ConnectionFile } from "./connectionFile.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cox-connections-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const backend = (podName: string): Backend => ({ ip: "10.244.1.2", port: 80, nodeName: "one", podName });

test("all that the agent has seen up to now is read, once it is asked to write it down", async () => {
  using trace = connectionTrace(folder);
  trace.picked(1, backend("before"));
  const file = new ConnectionFile(folder);
  await file.begin();
  for (let port = 2; port < 2000; port += 1) trace.picked(port, backend("web"));
  trace.failed(1999, "ECONNREFUSED");
  const first = await file.read();
  expect([first.length, first[0], first.at(-1)]).toMatchObject([
    1999,
    { type: "picked", port: 2, pod: "web" },
    { type: "failed", port: 1999, code: "ECONNREFUSED" },
  ]);
  trace.picked(2000, undefined);
  expect((await file.read()).slice(first.length)).toMatchObject([{ type: "picked", port: 2000, pod: "" }]);
  file.end();
  expect(readdirSync(folder)).toEqual([]);
});

test("an agent that doesn't answer is told of", async () => {
  const file = new ConnectionFile(folder, 20);
  await expect(file.begin()).rejects.toThrow("The cluster doesn't tell of its connections");
  expect(await file.read()).toEqual([]);
});
