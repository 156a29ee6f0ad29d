import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ImageStore } from "../images/store/imageStore.ts";
import { type OwnRegistry, serveOwnImages } from "./ownRegistry.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-own-registry-"));
const store = new ImageStore(folder);
const manifestText = JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: {}, layers: [] });
let registry: OwnRegistry;
let base = "";
let manifest = "";
let config = "";

beforeAll(async () => {
  config = store.addBlob(Buffer.from("{}"));
  manifest = store.addBlob(Buffer.from(manifestText));
  mkdirSync(store.rootPath(config));
  const common = { digest: manifest, manifest, config, sizeBytes: 1, storedAtMs: 0 };
  store.record({ ...common, name: "docker.io/team/loaded:1", origin: "loaded" });
  store.record({ ...common, name: "docker.io/team/pulled:1", origin: "registry" });
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  base = `http://127.0.0.1:${port}`;
  registry = serveOwnImages({ server, port, store, standIns: undefined });
});
afterAll(() => {
  registry[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

it("has what was loaded, not what registries have", async () => {
  expect(await registry.find("docker.io/team/loaded:1")).toMatchObject({
    pullName: `${base.slice(7)}/docker.io/team/loaded:1`,
    id: config,
    source: "local",
  });
  expect(await registry.find("docker.io/team/pulled:1")).toBeUndefined();
});

it("serves manifests by tag and digest, and blobs", async () => {
  expect((await fetch(`${base}/v2/`)).status).toBe(200);
  for (const reference of ["1", manifest]) {
    const answer = await fetch(`${base}/v2/docker.io/team/loaded/manifests/${reference}`);
    expect(answer.headers.get("content-type")).toBe("application/vnd.oci.image.manifest.v1+json");
    expect(answer.headers.get("docker-content-digest")).toBe(manifest);
    expect(await answer.text()).toBe(manifestText);
  }
  const head = await fetch(`${base}/v2/docker.io/team/loaded/blobs/${config}`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "2", ""]);
});

it.each([
  ["GET", "/", 404],
  ["GET", "/v2/docker.io/team/loaded/manifests/2", 404],
  ["GET", "/v2/docker.io/team/pulled/manifests/1", 404],
  ["GET", `/v2/x/blobs/sha256:${"0".repeat(64)}`, 404],
  ["GET", "/v2/x/blobs/sha256:..%2F..%2Fetc%2Fpasswd", 404],
  ["GET", "/v2/x/blobs/..%2Fnames", 404],
  ["PUT", "/v2/docker.io/team/loaded/manifests/1", 405],
  ["POST", "/v2/x/blobs/uploads/", 405],
] as const)("%s %s: %d", async (method, path, status) => {
  const answer = await fetch(`${base}${path}`, { method });
  expect([answer.status, Array.isArray(((await answer.json()) as { errors: unknown }).errors)]).toEqual([status, true]);
});
