/** The JavaScript client library on a real cluster, unchanged: informers, exec, port-forward, logs, patches, the proxy to pods. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { genuineTools, realCluster, root } from "./realCluster.ts";

const tools = genuineTools();
const library = spawnSync(process.execPath, [join(root, "tools/clientLibrary.mjs")], { encoding: "utf8" });
if (library.status !== 0) console.log(`skipped: the client library can't be had here: ${library.stderr.trim()}`);

it.skipIf(tools === undefined || library.status !== 0)("@kubernetes/client-node does what people do with it", async () => {
  await using cluster = await realCluster({ name: "library", nodes: 1, tools: tools ?? "" });
  const { code, stdout, stderr } = await cluster.sh(`'${process.execPath}' '${join(library.stdout.trim(), "clientNode.mjs")}'`);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    exec: { status: "Failure", reason: "NonZeroExitCode", details: { causes: [{ reason: "ExitCode", message: "3" }] } },
    said: ["put in\n", "wrong\n"],
    forwarded: { version: "1.0.0" },
    labels: { tier: "web" },
    proxied: { version: "1.0.0" },
    managers: ["somebody Apply"],
    replicas: 1,
    missing: [404, 'pods "nobody" not found'],
    metrics: 1,
    seen: ["add one", "update one", "delete one"],
  });
});
