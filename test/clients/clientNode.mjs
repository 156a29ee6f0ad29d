/** What people do with the JavaScript client library, on the cluster of the kubeconfig; prints what came of it as JSON. */
import { createServer } from "node:net";
import { PassThrough, Readable } from "node:stream";
import * as k8s from "@kubernetes/client-node";

const namespace = "default";
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const image = "kelseyhightower/hello:1.0.0";
const found = {};

async function until(what, holds) {
  for (let tries = 0; tries < 600; tries += 1) {
    const result = await holds();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not come about that ${what}`);
}

/** Text that a stream was given. */
function collected() {
  const stream = new PassThrough();
  const collector = { stream, text: "" };
  stream.setEncoding("utf8").on("data", (part) => (collector.text += part));
  return collector;
}

const seen = [];
const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, () => core.listNamespacedPod({ namespace }));
for (const event of ["add", "update", "delete", "error"]) informer.on(event, ({ metadata }) => seen.push(`${event} ${metadata?.name}`));
await informer.start();

const container = { name: "main", image, ports: [{ containerPort: 80 }] };
await core.createNamespacedPod({ namespace, body: { metadata: { name: "one" }, spec: { containers: [container] } } });
const isReady = ({ status }) => status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
await until("the pod is ready", async () => isReady(await core.readNamespacedPod({ name: "one", namespace })));

const [out, err] = [collected(), collected()];
const command = ["sh", "-c", "cat; echo wrong >&2; exit 3"];
found.exec = await new Promise((resolve, reject) => {
  const input = Readable.from(["put in\n"]);
  new k8s.Exec(config).exec(namespace, "one", "main", command, out.stream, err.stream, input, false, resolve).catch(reject);
});
found.said = [out.text, err.text];

const forward = new k8s.PortForward(config);
const server = createServer((socket) => void forward.portForward(namespace, "one", [80], socket, null, socket));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const answer = await fetch(`http://127.0.0.1:${server.address().port}/version`, { headers: { connection: "close" } });
found.forwarded = await answer.json();
server.close();

const followed = collected();
const following = await new k8s.Log(config).log(namespace, "one", "main", followed.stream, { follow: true });
await until("the log is followed", () => followed.text.includes("Starting server"));
following.abort();

const merged = k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.MergePatch);
const labelled = await core.patchNamespacedPod({ name: "one", namespace, body: { metadata: { labels: { tier: "web" } } } }, merged);
found.labels = labelled.metadata.labels;
found.proxied = JSON.parse(
  await core.connectGetNamespacedPodProxyWithPath({ name: "one:80", namespace, path: "version", path2: "version" }),
);

const template = { metadata: { labels: { app: "two" } }, spec: { containers: [container] } };
const spec = { replicas: 2, selector: { matchLabels: { app: "two" } }, template };
const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "two", namespace }, spec };
const applied = await objects.patch(deployment, undefined, undefined, "somebody", true, k8s.PatchStrategy.ServerSideApply);
found.managers = applied.metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`);
const scaled = await apps.patchNamespacedDeploymentScale({ name: "two", namespace, body: { spec: { replicas: 1 } } }, merged);
found.replicas = scaled.spec.replicas;
await apps.deleteNamespacedDeployment({ name: "two", namespace, propagationPolicy: "Foreground" });

found.missing = await core.readNamespacedPod({ name: "nobody", namespace }).catch(({ code, body }) => [code, JSON.parse(body).message]);
found.metrics = (await new k8s.Metrics(config).getNodeMetrics()).items.length;
await core.deleteNamespacedPod({ name: "one", namespace, gracePeriodSeconds: 1 });
await until("the informer has seen the deletion", () => seen.includes("delete one"));
await informer.stop();
found.seen = [...new Set(seen.filter((event) => event.endsWith(" one")))];
console.log(JSON.stringify(found));
process.exit(0);
