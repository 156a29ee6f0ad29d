/** 1,000 (and 10,000) pods of one Deployment to Ready on simulated nodes, wall clock, control plane and nodes in one process. */
import { deployment } from "../src/api/apps/v1/deployment.ts";
import { createCluster } from "../src/cluster/createCluster.ts";
import { nodeHost } from "../src/host-node/nodeHost.ts";

const counts = process.argv.slice(2).map(Number);
for (const pods of counts.length > 0 ? counts : [1000]) {
  const nodes = Math.max(50, Math.ceil(pods / 100));
  const host = nodeHost("error");
  const cluster = await createCluster({ nodes, capacity: { cpu: "64", memory: "256Gi", pods: "250" } }, host);
  const startedMs = performance.now();
  await cluster.client.create(deployment, {
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: pods,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  });
  const stop = new AbortController();
  for await (const event of cluster.client.watch(deployment, { namespace: "default", sendInitialEvents: true, signal: stop.signal })) {
    if (event.type !== "BOOKMARK" && (event.object.status?.readyReplicas ?? 0) >= pods) break;
  }
  stop.abort();
  const ms = performance.now() - startedMs;
  console.log(
    `${pods} pods on ${nodes} simulated nodes: ${(ms / 1000).toFixed(2)} s, ${Math.round(process.memoryUsage().rss / 1048576)} MB resident`,
  );
  await cluster[Symbol.asyncDispose]();
}
