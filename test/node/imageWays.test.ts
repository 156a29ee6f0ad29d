/** The ways to a registry: TLS with an authority of one's own and with a wrong one, proxies of the environment. With Debian's registry. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { canonicalImageName } from "../../src/host-node/images/imageName.ts";
import { dockerConfigCredentials } from "../../src/host-node/images/registry/credentials.ts";
import { environmentProxy } from "../../src/host-node/images/registry/proxy.ts";
import { Puller } from "../../src/host-node/images/registry/puller.ts";
import { type RegistrySettings } from "../../src/host-node/images/registry/settings.ts";
import { ImageStore, type StoredImage } from "../../src/host-node/images/store/imageStore.ts";
import { unpackLayers } from "../../src/host-node/images/unpack/unpack.ts";
import { type DebianRegistry, debianRegistry, whyNoRegistry } from "../images/debianRegistry.ts";
import { testProxy } from "../images/proxy.ts";
import { buildImage, layer } from "./images/builder.ts";

const whyNot = whyNoRegistry();
if (whyNot !== undefined) console.log(`skipped: ${whyNot}`);

const folder = mkdtempSync(join(tmpdir(), "cox-ways-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const image = buildImage({ layers: [layer([{ path: "etc/motd", content: "ahoy" }])] });
let store: ImageStore;
let stores = 0;
beforeEach(() => {
  store = new ImageStore(at(`store-${(stores += 1)}`));
});

interface Way {
  readonly registries?: RegistrySettings["registries"];
  readonly env?: Readonly<Record<string, string>>;
}
function pull(name: string, { registries = {}, env = {} }: Way): Promise<StoredImage> {
  const machine = dockerConfigCredentials({ HOME: folder });
  const words = { settings: () => ({ registries }), machine, proxyOf: environmentProxy(env), stallMs: 5000 };
  const puller = new Puller({ store, unpack: unpackLayers, standIn: () => "", ...words });
  return puller.pull(canonicalImageName(name), { secrets: [], signal: new AbortController().signal });
}
const motd = (stored: StoredImage): string => readFileSync(join(store.rootPath(stored.config), "etc/motd"), "utf8");

/** An authority and a certificate of its for this machine and for `registry.test`. */
function authority(name: string): { readonly ca: string; readonly certificate: string; readonly key: string } {
  const files = { ca: at(`${name}-ca.pem`), certificate: at(`${name}.pem`), key: at(`${name}.key`) };
  const extension = at(`${name}.ext`);
  writeFileSync(extension, "subjectAltName=IP:127.0.0.1,DNS:registry.test\n");
  const script = `
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=${name} authority" -keyout ${files.ca}.key -out ${files.ca}
    openssl req -newkey rsa:2048 -nodes -subj "/CN=registry" -keyout ${files.key} -out ${files.certificate}.csr
    openssl x509 -req -days 2 -in ${files.certificate}.csr -CA ${files.ca} -CAkey ${files.ca}.key -CAcreateserial -extfile ${extension} -out ${files.certificate}`;
  const done = spawnSync("sh", ["-e", "-c", script], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return files;
}

describe.skipIf(whyNot !== undefined)("a registry behind TLS", () => {
  const own = whyNot === undefined ? authority("own") : { ca: "", certificate: "", key: "" };
  const wrong = whyNot === undefined ? authority("wrong") : { ca: "" };
  let registry: DebianRegistry;
  beforeAll(async () => {
    registry = await debianRegistry({ tls: own });
    await registry.push("team/ship:1", image);
  });
  afterAll(async () => await registry[Symbol.asyncDispose]());

  it("is trusted by the authority that registries.json names", async () => {
    expect(motd(await pull(`${registry.host}/team/ship:1`, { registries: { [registry.host]: { ca: own.ca } } }))).toBe("ahoy");
  });

  it("isn't by another one, and the sentence says what to do", async () => {
    await expect(pull(`${registry.host}/team/ship:1`, { registries: { [registry.host]: { ca: wrong.ca } } })).rejects.toThrow(
      /tls: failed to verify certificate: x509: certificate signed by unknown authority \(name its CA in registries.json\)$/,
    );
  });

  it("is taken unseen where that is set", async () => {
    expect(motd(await pull(`${registry.host}/team/ship:1`, { registries: { [registry.host]: { insecure: true, ca: wrong.ca } } }))).toBe(
      "ahoy",
    );
  });

  it("is reached through the environment's proxy by a tunnel, by its own name", async () => {
    await using proxy = await testProxy(registry.host);
    const way = { registries: { "registry.test": { ca: own.ca } }, env: { HTTPS_PROXY: proxy.url } };
    expect(motd(await pull("registry.test/team/ship:1", way))).toBe("ahoy");
    expect(new Set(proxy.asked)).toEqual(new Set(["CONNECT registry.test:443"]));
    const distrusted = { ...way, registries: { "registry.test": { ca: wrong.ca } } };
    await expect(pull("registry.test/team/ship:1", { ...distrusted, env: { HTTPS_PROXY: proxy.url } })).rejects.toThrow(
      "unknown authority",
    );
  });
});

describe.skipIf(whyNot !== undefined)("proxies of the environment", () => {
  let registry: DebianRegistry;
  beforeAll(async () => {
    registry = await debianRegistry();
    await registry.push("team/ship:1", image);
  });
  afterAll(async () => await registry[Symbol.asyncDispose]());
  const registries = { "registry.test": { plainHttp: true } };

  it("carry plain HTTP, and are left out by NO_PROXY and for the machine itself", async () => {
    await using proxy = await testProxy(registry.host);
    const env = { HTTP_PROXY: proxy.url };
    expect(motd(await pull("registry.test/team/ship:1", { registries, env }))).toBe("ahoy");
    expect(proxy.asked).toContain("GET http://registry.test/v2/team/ship/manifests/1");
    proxy.asked.length = 0;
    expect(motd(await pull(`${registry.host}/team/ship:1`, { env }))).toBe("ahoy");
    await expect(pull("registry.test/team/ship:1", { registries, env: { ...env, NO_PROXY: "test" } })).rejects.toThrow("no such host");
    expect(proxy.asked).toEqual([]);
  });

  it("that refuse or aren't there are named", async () => {
    await using proxy = await testProxy(registry.host);
    const stranger = proxy.url.replace(/\/\/.*@/, "//");
    await expect(pull("registry.test/team/ship:1", { env: { HTTPS_PROXY: stranger } })).rejects.toThrow(
      /the proxy 127\.0\.0\.1:\d+ answered 407 for registry\.test:443/,
    );
    await expect(pull("registry.test/team/ship:1", { env: { HTTPS_PROXY: "http://127.0.0.1:1" } })).rejects.toThrow(
      "the proxy 127.0.0.1:1: connect: connection refused",
    );
  });
});
