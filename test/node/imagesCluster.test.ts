/**
 * Real images on a real cluster: Debian's busybox behind a Service out of a registry that wants a password, and nginx with its libraries loaded by hand;
 * as root and as an ordinary user. And what the pods say when an image can't be had.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { genuineTools, ordinaryUser, type RealCluster, realCluster } from "../lab/realCluster.ts";
import { buildImage, layer, type LayerFile } from "./images/builder.ts";
import { account, faultyRegistry, type FaultyRegistry } from "./images/faultyRegistry.ts";

const tools = genuineTools();
const isRoot = process.getuid?.() === 0;
const nginx = "/usr/sbin/nginx";
const modes = [
  { name: "imgroot", as: undefined, possible: isRoot },
  { name: "imguser", as: isRoot ? ordinaryUser : undefined, possible: true },
].filter(({ possible }) => possible);
if (!existsSync("/bin/busybox")) console.log("skipped: no /bin/busybox (apt-get install busybox-static)");
if (!existsSync(nginx)) console.log("skipped: nginx is not installed (apt-get install nginx-light)");

const busyboxImage = (): ReturnType<typeof buildImage> =>
  buildImage({
    layers: [
      layer([
        { path: "bin/busybox", content: readFileSync("/bin/busybox"), mode: 0o755 },
        { path: "bin/sh", type: "symlink", linkPath: "busybox" },
        { path: "etc/passwd", content: "root:x:0:0::/:/bin/sh\nsailor:x:1000:1001::/:/bin/sh\n" },
      ]),
      layer([
        { path: "www/", type: "folder" },
        { path: "www/index.html", content: "ahoy from busybox\n" },
      ]),
    ],
    packing: "zstd",
    config: {
      Entrypoint: ["/bin/busybox"],
      Cmd: ["httpd", "-f", "-v", "-p", "8080"],
      WorkingDir: "/www",
      User: "sailor",
      Env: ["SHIP=Bounty"],
      StopSignal: "SIGINT",
    },
  });

const pod = (name: string, image: string, more = ""): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  imagePullSecrets: [{ name: purse }]
  containers: [{ name: main, image: "${image}"${more} }]
`;

describe.skipIf(tools === undefined || !existsSync("/bin/busybox")).each(modes)("a cluster as $name", ({ name, as }) => {
  let cluster: RealCluster;
  let registry: FaultyRegistry;
  beforeAll(async () => {
    registry = await faultyRegistry();
    cluster = await realCluster({ name, nodes: 2, tools: tools ?? "", ...(as === undefined ? {} : { as }) });
    const { username, password } = account;
    await ok(
      `kubectl create secret docker-registry purse --docker-server=${registry.host} --docker-username=${username} --docker-password=${password}`,
    );
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });
  const ok = async (text: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.sh(text);
    expect(code, `${text}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  /** Programs and Services take a moment until they answer. */
  const page = async (url: string): Promise<string> => {
    const asked = `for i in $(seq 100); do cox run --name ${name} -- /usr/bin/curl -si ${url} && exit; sleep 0.1; done; exit 1`;
    return await ok(asked);
  };
  const apply = (yaml: string): Promise<string> => ok(`kubectl apply -f - <<'EOF'\n${yaml}\nEOF`);

  it("runs a Deployment of busybox behind a Service, pulled with the pod's secret", async () => {
    const image = registry.add("team/box:1", busyboxImage());
    registry.faults.auth = "token";
    await apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: box }
spec:
  replicas: 3
  selector: { matchLabels: { app: box } }
  template:
    metadata: { labels: { app: box } }
    spec:
      imagePullSecrets: [{ name: purse }]
      containers: [{ name: box, image: "${image}", readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 } }]
`);
    await ok("kubectl rollout status deployment/box --timeout=60s");
    await ok("kubectl expose deployment/box --port=80 --target-port=8080");
    const ip = await ok("kubectl get service box -o jsonpath={.spec.clusterIP}");
    expect(await page(`http://${ip}/`)).toContain("ahoy from busybox");
    const inside = "echo $(/bin/busybox id -u) $(/bin/busybox id -g) $SHIP $(/bin/busybox pwd)";
    expect(await ok(`kubectl exec deployment/box -- /bin/sh -c '${inside}'`)).toBe("1000 1001 Bounty /www\n");
    expect(await ok("kubectl get events")).toMatch(/Successfully pulled image "127.*team\/box:1" in .*Image size: \d+ bytes/);
    expect(registry.blobRequests).toHaveLength(3);
    expect(await ok("cox image ls")).toContain(`${image} `);
    const removed = await cluster.sh(`cox image rm ${image}`);
    expect(removed.stderr).toContain("A cluster that is up uses");
  });

  it("says why an image can't be had", async () => {
    registry.faults.auth = "token";
    registry.manifests.set("library/old:1", Buffer.from(JSON.stringify({ schemaVersion: 1 })));
    await apply(pod("missing", `${registry.host}/nothing:1`));
    await apply(pod("old", `${registry.host}/library/old:1`));
    await apply(pod("never", "nobody/has:1", ", imagePullPolicy: Never"));
    await apply(pod("bad", "No Name"));
    const reason = "{.status.containerStatuses[0].state.waiting.reason}";
    const waiting = (what: string, wanted: string): Promise<string> =>
      ok(`kubectl wait pod/${what} --timeout=60s --for=jsonpath='${reason}'=${wanted}`);
    await waiting("missing", "ImagePullBackOff");
    await waiting("never", "ErrImageNeverPull");
    await waiting("bad", "InvalidImageName");
    await waiting("old", "ImagePullBackOff");
    const events = await ok("kubectl get events");
    expect(events).toContain(`failed to resolve reference "${registry.host}/nothing:1": not found (manifest unknown)`);
    expect(events).toContain("schema 1, which is no longer supported");
    await ok("kubectl delete pod missing old never bad --wait=false");
  });

  it.skipIf(!existsSync(nginx))("runs nginx with its libraries, loaded from an archive", async () => {
    const archive = join(tmpdir(), `cox-nginx-${process.pid}-${name}.tar`);
    writeFileSync(archive, nginxRoot());
    try {
      await ok(`cox image import ${archive} debian/nginx:1 --entrypoint=${nginx} --entrypoint=-g --entrypoint='daemon off;'`);
      await ok(`cox image save debian/nginx:1 -o saved.tar && cox image rm debian/nginx:1 && cox image load saved.tar`);
    } finally {
      rmSync(archive, { force: true });
    }
    await ok("kubectl create deployment web --image=debian/nginx:1 --replicas=2 && kubectl rollout status deployment/web --timeout=60s");
    const ip = await ok("kubectl get pods -l app=web -o jsonpath={.items[0].status.podIP}");
    const answer = await page(`http://${ip}/`);
    expect(answer).toMatch(/Server: nginx\/1\.\d+\.\d+/);
    expect(answer).toContain("ahoy from Debian's nginx");
  });
});

/** The program, what it is linked to, and a small configuration. */
function nginxRoot(): Buffer {
  const libraries = spawnSync("ldd", [nginx], { encoding: "utf8" }).stdout.match(/\/\S+/g) ?? [];
  const copied = [nginx, ...libraries].map((path): LayerFile => ({ path: path.slice(1), content: readFileSync(path), mode: 0o755 }));
  const config = "events {}\nhttp { server { listen 80; root /srv; } access_log off; }\nerror_log stderr;\nuser root;\n";
  const folders = ["tmp", "run", "var/log/nginx", "var/lib/nginx/body"].map((path): LayerFile => ({ path: `${path}/`, type: "folder" }));
  return layer([
    ...folders,
    ...copied,
    { path: "etc/nginx/nginx.conf", content: config },
    { path: "etc/passwd", content: "root:x:0:0::/:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\n" },
    { path: "srv/index.html", content: "ahoy from Debian's nginx\n" },
  ]);
}
