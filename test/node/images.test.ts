/** Pulls from a registry that fails in every way it can, and from Debian's own where that is installed; loading and saving; hostile layers. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { importRoot } from "../../src/host-node/images/archive/importRoot.ts";
import { loadImages } from "../../src/host-node/images/archive/loadImages.ts";
import { savedImages } from "../../src/host-node/images/archive/saveImages.ts";
import { canonicalImageName } from "../../src/host-node/images/imageName.ts";
import { dockerConfigCredentials } from "../../src/host-node/images/registry/credentials.ts";
import { Puller } from "../../src/host-node/images/registry/puller.ts";
import { readRegistrySettings } from "../../src/host-node/images/registry/settings.ts";
import { collectImages } from "../../src/host-node/images/store/collect.ts";
import { ImageStore, type StoredImage } from "../../src/host-node/images/store/imageStore.ts";
import { unpackLayers } from "../../src/host-node/images/unpack/unpack.ts";
import { debianImage } from "../images/debianImages.ts";
import { type DebianRegistry, debianRegistry, whyNoRegistry } from "../images/debianRegistry.ts";
import { buildImage, layer, sha256, type LayerFile } from "./images/builder.ts";
import { account, faultyRegistry, type FaultyRegistry } from "./images/faultyRegistry.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-images-"));
let registry: FaultyRegistry;
let store: ImageStore;
let stores = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  registry = await faultyRegistry();
  store = new ImageStore(join(folder, `store-${(stores += 1)}`));
});
afterEach(async () => await registry[Symbol.asyncDispose]());

const stallMs = 300;
function puller(env: Record<string, string> = {}): Puller {
  const settings = join(folder, "registries.json");
  const standIn = (): string => "; take the other";
  return new Puller({
    store,
    settings: () => readRegistrySettings(settings),
    machine: dockerConfigCredentials(env),
    unpack: unpackLayers,
    standIn,
    stallMs,
  });
}
const never = new AbortController().signal;
const pull = (name: string, secrets: readonly string[] = [], from: Puller = puller()): Promise<StoredImage> =>
  from.pull(canonicalImageName(name), { secrets, signal: never });

const base = layer([
  { path: "etc/", type: "folder" },
  { path: "etc/motd", content: "ahoy" },
  { path: "usr/lib/a", content: "a" },
  { path: "usr/lib/gone", content: "x" },
  { path: "opt/old/file", content: "x" },
  { path: "lib", type: "symlink", linkPath: "usr/lib" },
]);
const top = layer([
  { path: "usr/lib/.wh.gone" },
  { path: "opt/old/.wh..wh..opq" },
  { path: "opt/old/new", content: "new" },
  { path: "lib/b", content: "through the link" },
  { path: "etc/twin", type: "hardlink", linkPath: "etc/motd" },
  { path: `deep/${"long-".repeat(40)}/name`, content: "long" },
]);

function rootText(image: StoredImage, path: string): string {
  return readFileSync(join(store.rootPath(image.config), path), "utf8");
}

describe("an image from a registry", () => {
  it.each(["gzip", "zstd", "none"] as const)("is flattened, layers packed by %s", async (packing) => {
    const image = await pull(registry.add("ship:1", buildImage({ layers: [base, top], packing })));
    expect(rootText(image, "etc/twin")).toBe("ahoy");
    expect(statSync(join(store.rootPath(image.config), "etc/motd")).nlink).toBe(2);
    expect(rootText(image, "usr/lib/b")).toBe("through the link");
    expect(readdirSync(join(store.rootPath(image.config), "usr/lib")).sort()).toEqual(["a", "b"]);
    expect(readdirSync(join(store.rootPath(image.config), "opt/old"))).toEqual(["new"]);
    expect(rootText(image, `deep/${"long-".repeat(40)}/name`)).toBe("long");
    expect(store.find(canonicalImageName(`${registry.host}/ship:1`))).toEqual(image);
  });

  it("comes by an index for this platform, also in Docker's own format and by digest", async () => {
    const built = buildImage({ layers: [base], docker: true });
    registry.add("ship:inner", built);
    const own = { os: "linux", architecture: process.arch === "x64" ? "amd64" : process.arch };
    const entry = {
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      digest: sha256(built.manifest),
      size: built.manifest.length,
    };
    const other = { ...entry, digest: sha256(Buffer.from("other")), platform: { os: "linux", architecture: "s390x" } };
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [other, { ...entry, platform: own }] }));
    registry.manifests.set("ship:multi", index);
    registry.manifests.set(`ship@${sha256(index)}`, index);
    expect(await pull(`${registry.host}/ship:multi`)).toMatchObject({ digest: sha256(index), manifest: sha256(built.manifest) });
    expect(await pull(`${registry.host}/ship@${sha256(index)}`)).toMatchObject({ config: sha256(built.config) });
    registry.manifests.set("ship:foreign", Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [other] })));
    await expect(pull(`${registry.host}/ship:foreign`)).rejects.toThrow(
      /no match for platform linux\/\w+ in manifest: not found \(it has linux\/s390x\)/,
    );
  });

  it("shares layers with others, and is pulled once by all who ask at the same time", async () => {
    const first = registry.add("one:1", buildImage({ layers: [base] }));
    const second = registry.add("two:1", buildImage({ layers: [base, top] }));
    const one = puller();
    await Promise.all([pull(first, [], one), pull(first, [], one), pull(second, [], one)]);
    expect(registry.blobRequests.length).toBe(new Set(registry.blobRequests).size);
    await pull(first, [], one);
    expect(registry.blobRequests).toHaveLength(4);
  });
});

describe("a registry that fails", () => {
  const noise = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7919) % 251));
  const image = buildImage({ layers: [layer([{ path: "noise", content: noise }])], packing: "none" });

  it("breaks at every tenth byte: the pull goes on where it stopped", async () => {
    const small = buildImage({ layers: [layer([{ path: "f", content: "tiny" }])] });
    const name = registry.add("ship:1", small);
    registry.faults.breakEvery = 10;
    expect(rootText(await pull(name), "f")).toBe("tiny");
    expect(registry.blobRequests.length).toBeGreaterThan(20);
  });

  it("breaks and can't resume: what came is thrown away and asked for anew", async () => {
    const name = registry.add("ship:1", image);
    Object.assign(registry.faults, { breakEvery: 1000, breaks: 2, noRange: true });
    expect(rootText(await pull(name), "noise")).toBe(noise.toString());
  });

  it("stalls: the pull gives up and says so, and takes up the part next time", async () => {
    const name = registry.add("ship:1", image);
    registry.faults.stall = true;
    await expect(pull(name)).rejects.toMatchObject({ reason: "ErrImagePull" });
    registry.faults.stall = false;
    registry.blobRequests.length = 0;
    await pull(name);
    expect(registry.blobRequests.every((line) => line.endsWith("-"))).toBe(true);
  });

  it("lies about a digest: nothing of it is kept", async () => {
    const name = registry.add("ship:1", image);
    registry.faults.lie = true;
    await expect(pull(name)).rejects.toThrow(/unexpected commit digest sha256:\w+, expected sha256:\w+: failed precondition/);
    expect(readdirSync(join(store.folder, "blobs/sha256"))).toEqual([]);
    registry.manifests.set(`ship@${sha256(image.manifest)}`, Buffer.from("{}"));
    await expect(pull(`${registry.host}/ship@${sha256(image.manifest)}`)).rejects.toThrow(/manifest's digest is/);
  });

  it("is busy for a moment", async () => {
    const name = registry.add("ship:1", image);
    registry.faults.busy = 2;
    expect(await pull(name)).toMatchObject({ origin: "registry" });
  });

  it("doesn't have it, or isn't there", async () => {
    const name = `${registry.host}/nothing:1`;
    await expect(pull(name)).rejects.toMatchObject({
      reason: "ErrImagePull",
      message: `failed to pull and unpack image "${name}": failed to resolve reference "${name}": not found (manifest unknown)`,
    });
    await expect(pull("127.0.0.1:1/x:1")).rejects.toThrow("connect: connection refused");
  });

  it("serves schema 1: the sentence names what there is instead", async () => {
    registry.manifests.set("old:1", Buffer.from(JSON.stringify({ schemaVersion: 1, name: "old", fsLayers: [] })));
    await expect(pull(`${registry.host}/old:1`)).rejects.toThrow(
      /schema 1, which is no longer supported: build and push it anew; take the other$/,
    );
  });

  it("leaves nothing half made when a layer's content isn't what the config says", async () => {
    const built = buildImage({ layers: [base] });
    const config = Buffer.from(built.config.toString().replace(sha256(base), sha256(top)));
    const manifest = built.manifest
      .toString()
      .replace(sha256(built.config), sha256(config))
      .replace(/"size":\d+/, `"size":${config.length}`);
    registry.blobs.set(sha256(config), config);
    registry.add("ship:1", { ...built, manifest: Buffer.from(manifest) });
    await expect(pull(`${registry.host}/ship:1`)).rejects.toThrow("wrong diff id calculated on extraction");
    expect(readdirSync(join(store.folder, "roots"))).toEqual([]);
    expect(readdirSync(join(store.folder, "parts"))).toEqual([]);
  });
});

describe("a registry that wants a password", () => {
  const secret = (host: string, password = account.password): string =>
    JSON.stringify({ auths: { [host]: { auth: Buffer.from(`${account.username}:${password}`).toString("base64") } } });

  it.each(["basic", "token"] as const)("by %s gets it from a pull secret, and refuses without", async (auth) => {
    const name = registry.add("ship:1", buildImage({ layers: [base] }));
    registry.faults.auth = auth;
    await expect(pull(name)).rejects.toThrow(/pull access denied, repository does not exist or may require authorization/);
    await expect(pull(name, [secret(registry.host, "wrong")])).rejects.toThrow(/authorization/);
    await pull(name, [secret(registry.host, "wrong"), "no json", secret(`http://${registry.host}/ship`)]);
  });

  it("gets it from the user's docker configuration, by word and by helper", async () => {
    const name = registry.add("ship:1", buildImage({ layers: [base] }));
    registry.faults.auth = "token";
    const home = join(folder, "home");
    mkdirSync(join(home, ".docker"), { recursive: true });
    writeFileSync(join(home, ".docker/config.json"), secret(registry.host));
    await pull(name, [], puller({ HOME: home }));
    store = new ImageStore(join(folder, "helped"));
    writeFileSync(join(home, ".docker/config.json"), JSON.stringify({ credHelpers: { [registry.host]: "purse" } }));
    const answer = JSON.stringify({ Username: account.username, Secret: account.password });
    writeFileSync(join(home, "docker-credential-purse"), `#!/bin/sh\ngrep -q '^${registry.host}$' && echo '${answer}'\n`);
    chmodSync(join(home, "docker-credential-purse"), 0o755);
    expect(await pull(name, [], puller({ HOME: home, PATH: `${home}:/usr/bin:/bin` }))).toMatchObject({ origin: "registry" });
  });
});

describe("registries.json", () => {
  afterEach(() => rmSync(join(folder, "registries.json"), { force: true }));
  const settings = (value: object): void => writeFileSync(join(folder, "registries.json"), JSON.stringify(value));

  it("names mirrors, which are asked first and may fail", async () => {
    registry.add("library/ship:1", buildImage({ layers: [base] }));
    settings({ registries: { "docker.io": { mirrors: ["http://127.0.0.1:1", `http://${registry.host}`] } } });
    expect(await pull("ship:1")).toMatchObject({ name: "docker.io/library/ship:1" });
  });

  it("is checked", async () => {
    settings({ registries: { "docker.io": { mirror: [] } } });
    await expect(pull("ship:1")).rejects.toThrow(/registries.json can't be used: "docker.io" has the unknown field "mirror"/);
  });
});

describe("a hostile layer is refused", () => {
  const outside = join(folder, "outside");
  it.each<[string, readonly LayerFile[], string]>([
    ["a path that leaves the root", [{ path: "a/../../x", content: "x" }], "leaves the image's root"],
    ["a hard link to outside", [{ path: "x", type: "hardlink", linkPath: "../../etc/passwd" }], "leaves the image's root"],
    ["a hard link to what isn't there", [{ path: "x", type: "hardlink", linkPath: "/etc/passwd" }], "which is not in it"],
    ["a device", [{ path: "sda", type: "device" }], "it holds the device /sda"],
    [
      "a loop of links",
      [{ path: "a", type: "symlink", linkPath: "b" }, { path: "b", type: "symlink", linkPath: "a" }, { path: "a/x" }],
      "loop of links",
    ],
    ["files within a file", [{ path: "a" }, { path: "a/b" }], "is a file"],
    ["a whiteout of the parent", [{ path: "a/.wh..." }], "takes away"],
  ])("%s", async (_, files, message) => {
    await expect(pull(registry.add("bad:1", buildImage({ layers: [layer(files)] })))).rejects.toThrow(message);
    expect(readdirSync(join(store.folder, "roots"))).toEqual([]);
  });

  it("writes through no link that leads out", async () => {
    mkdirSync(outside);
    writeFileSync(join(outside, "kept"), "kept");
    const links: LayerFile[] = [
      { path: "out", type: "symlink", linkPath: outside },
      { path: "up", type: "symlink", linkPath: "../../../../../../../../../../../../" },
      { path: "out/new", content: "inside" },
      { path: "up/also", content: "inside" },
      { path: "out/.wh.kept" },
      { path: "out/.wh..wh..opq" },
    ];
    const image = await pull(registry.add("links:1", buildImage({ layers: [layer(links)] })));
    expect(readdirSync(outside)).toEqual(["kept"]);
    expect(rootText(image, "also")).toBe("inside");
    expect(rootText(image, join(outside, "new"))).toBe("inside");
  });

  it("bombs: too many bytes, too many files", async () => {
    const bomb = layer([{ path: "zeros", content: Buffer.alloc(2_000_000) }, { path: "b" }, { path: "c" }]);
    const file = join(folder, "bomb.tar");
    writeFileSync(file, bomb);
    const limits = { maxBytes: 1_000_000, maxEntries: 100, maxPathBytes: 100, reservedDiskBytes: 0 };
    const job = (name: string, changed: object): Promise<void> =>
      unpackLayers({ root: join(folder, name), layers: [{ file, name, diffId: undefined }], limits: { ...limits, ...changed } });
    await expect(job("bytes", {})).rejects.toThrow("it unpacks to more than 1000000 bytes");
    await expect(job("files", { maxBytes: 1e9, maxEntries: 2 })).rejects.toThrow("it holds more than 2 files");
  });

  it("damaged: cut off, no archive, wrong checksum", async () => {
    const broken = (bytes: Buffer): Promise<StoredImage> =>
      pull(registry.add(`bad:${sha256(bytes).slice(7, 20)}`, buildImage({ layers: [bytes] })));
    await expect(broken(base.subarray(0, 700))).rejects.toThrow("ends in the middle");
    await expect(broken(Buffer.from("x".repeat(2048)))).rejects.toThrow("checksum");
  });
});

describe("archives", () => {
  it("are saved and loaded again, also as a folder and from what skopeo makes", async () => {
    const image = await pull(registry.add("ship:1", buildImage({ layers: [base, top], config: { Cmd: ["/bin/sh"] } })));
    const file = join(folder, "saved.tar");
    await pipeline(Readable.from(savedImages(store, [image])), createWriteStream(file));
    store = new ImageStore(join(folder, "loaded"));
    expect(await loadImages(file, { store, unpack: unpackLayers })).toMatchObject([
      { ...image, origin: "loaded", sizeBytes: expect.any(Number), storedAtMs: expect.any(Number) },
    ]);
    const layout = join(folder, "layout");
    mkdirSync(layout);
    spawnSync("tar", ["-xf", file, "-C", layout]);
    store = new ImageStore(join(folder, "loaded-again"));
    expect(await loadImages(layout, { store, unpack: unpackLayers, name: "other:2" })).toMatchObject([
      { name: "docker.io/library/other:2" },
    ]);
    rmSync(join(layout, "index.json"));
    spawnSync("tar", ["-czf", `${file}.gz`, "-C", layout, "manifest.json", "blobs"]);
    expect(await loadImages(`${file}.gz`, { store, unpack: unpackLayers })).toMatchObject([{ name: image.name, config: image.config }]);
    writeFileSync(join(layout, "blobs/sha256", image.config.slice(7)), "{}");
    spawnSync("tar", ["-cf", `${file}.bad`, "-C", layout, "blobs"]);
    await expect(loadImages(`${file}.bad`, { store, unpack: unpackLayers })).rejects.toThrow("holds neither an OCI layout");
  });

  it("of a root file system become images", async () => {
    const file = join(folder, "root.tar");
    writeFileSync(file, base);
    const image = await importRoot(file, { Cmd: ["/x"] }, { store, unpack: unpackLayers, name: "mine:1" });
    expect(rootText(image, "etc/motd")).toBe("ahoy");
    expect(JSON.parse(store.configOf(image).toString())).toMatchObject({ config: { Cmd: ["/x"] } });
  });
});

describe("the store", () => {
  it("removes what nobody else needs, and frees a full disk of the least recently used", async () => {
    const one = await pull(registry.add("one:1", buildImage({ layers: [base] })));
    const two = await pull(registry.add("two:1", buildImage({ layers: [base, top] })));
    store.markUse(two.config, "me");
    const isAlive = (owner: string): boolean => owner === "me";
    const inAnHour = Date.now() + 3_600_000;
    expect(await collectImages({ store, isAlive, nowMs: inAnHour, usedPercent: async () => 84 })).toEqual([]);
    expect(await collectImages({ store, isAlive, nowMs: Date.now(), usedPercent: async () => 90 })).toEqual([]);
    expect(await collectImages({ store, isAlive, nowMs: inAnHour, usedPercent: async () => 90 })).toEqual([one.name]);
    expect(store.find(one.name)).toBeUndefined();
    expect(rootText(two, "etc/motd")).toBe("ahoy");
    await store.unmarkUse(two.config, "me");
    await store.remove(two);
    for (const part of ["blobs/sha256", "roots", "names", "parts"]) expect(readdirSync(join(store.folder, part))).toEqual([]);
  });
});

const whyNot = whyNoRegistry();
if (whyNot !== undefined) console.log(`skipped: ${whyNot}`);
const hasSkopeo = existsSync("/usr/bin/skopeo") && existsSync("/usr/bin/umoci");

describe.skipIf(whyNot !== undefined)("Debian's docker-registry", () => {
  let server: DebianRegistry;
  beforeAll(async () => {
    server = await debianRegistry();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  it("takes an image and gives it back", async () => {
    const image = await pull(await server.push("team/box:1.35", debianImage("busybox")));
    const program = join(store.rootPath(image.config), "bin/busybox");
    expect(spawnSync(program, ["echo", "ahoy"], { encoding: "utf8" }).stdout).toBe("ahoy\n");
  });

  it.skipIf(!hasSkopeo)("gives what umoci made and skopeo pushed; skopeo and umoci take what is saved here", async () => {
    const layout = join(folder, "made-by-umoci");
    const tool = (file: string, ...args: string[]): void => {
      const done = spawnSync(file, args, { encoding: "utf8", cwd: folder });
      expect(done.status, done.stderr).toBe(0);
    };
    mkdirSync(join(folder, "deck"));
    writeFileSync(join(folder, "deck/motd"), "ahoy from umoci", { mode: 0o640 });
    tool("umoci", "init", "--layout", layout);
    tool("umoci", "new", "--image", `${layout}:1`);
    tool("umoci", "insert", "--rootless", "--image", `${layout}:1`, "deck", "/etc/deck");
    tool("umoci", "config", "--image", `${layout}:1`, "--config.entrypoint", "/bin/sail", "--config.user", "33:34");
    const copy = ["copy", "--insecure-policy", "--dest-tls-verify=false", "--src-tls-verify=false"];
    tool("skopeo", ...copy, `oci:${layout}:1`, `docker://${server.host}/umoci/deck:1`);
    const image = await pull(`${server.host}/umoci/deck:1`);
    expect(rootText(image, "etc/deck/motd")).toBe("ahoy from umoci");
    expect(JSON.parse(store.configOf(image).toString())).toMatchObject({ config: { User: "33:34", Entrypoint: ["/bin/sail"] } });

    const archive = join(folder, "for-skopeo.tar");
    await pipeline(Readable.from(savedImages(store, [image])), createWriteStream(archive));
    tool("skopeo", ...copy, `oci-archive:${archive}`, `oci:${join(folder, "copied")}:1`);
    tool("umoci", "unpack", "--rootless", "--image", `${join(folder, "copied")}:1`, join(folder, "bundle"));
    expect(readFileSync(join(folder, "bundle/rootfs/etc/deck/motd"), "utf8")).toBe("ahoy from umoci");
  });
});
