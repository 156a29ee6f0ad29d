/** The image service killed while it pulls and while it unpacks, and disks that are full: nothing half written is used, nothing that was there is lost. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { imageFolder } from "../../src/host-node/images/home.ts";
import { canonicalImageName } from "../../src/host-node/images/imageName.ts";
import { askPulls } from "../../src/host-node/images/pullChannel.ts";
import { ImageStore } from "../../src/host-node/images/store/imageStore.ts";
import { buildImage, layer, type LayerFile } from "./images/builder.ts";
import { faultyRegistry, type FaultyRegistry } from "./images/faultyRegistry.ts";

const program = fileURLToPath(new URL("../../dist/image-service.cjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cox-faults-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let registry: FaultyRegistry;
let home: string;
let homes = 0;
const services = new Set<ChildProcess>();
beforeEach(async () => {
  registry = await faultyRegistry();
  home = join(folder, `home-${(homes += 1)}`);
  mkdirSync(home);
});
afterEach(async () => {
  for (const each of services) await kill(each);
  await registry[Symbol.asyncDispose]();
});

interface Service {
  readonly child: ChildProcess;
  pull(name: string): Promise<void>;
  /** A pull that fails: how. */
  failure(name: string): Promise<string>;
}
function service(): Service {
  const child = spawn(process.execPath, [program, home], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  services.add(child);
  const pulls = askPulls(child);
  child.once("exit", () => pulls[Symbol.dispose]());
  const pull = (name: string): Promise<void> => pulls.pull(canonicalImageName(name), []);
  const failure = (name: string): Promise<string> =>
    pull(name).then(
      () => "none",
      (error: Error) => error.message,
    );
  return { child, pull, failure };
}

async function kill(child: ChildProcess): Promise<void> {
  services.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`it did not come about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const parts = (): readonly string[] => {
  try {
    return readdirSync(join(imageFolder(home), "parts"));
  } catch {
    return [];
  }
};
/** Doesn't pack well. */
function noise(bytes: number): Buffer {
  let state = 1;
  return Buffer.from(Array.from({ length: bytes }, () => (state = (state * 48_271) % 2_147_483_647) & 0xff));
}

describe("kill -9 of the image service", () => {
  it("while it downloads: the next one goes on where it was", async () => {
    const content = noise(300_000);
    const name = registry.add("ship:1", buildImage({ layers: [layer([{ path: "noise", content }])] }));
    registry.faults.stallAfter = 100_000;
    const first = service();
    const failure = first.failure(name);
    await until(() => registry.blobRequests.length >= 2 && parts().length > 0, "a part is there");
    await kill(first.child);
    expect(await failure).toBe("the image service ended during the pull");
    const store = new ImageStore(imageFolder(home));
    expect(store.find(canonicalImageName(name))).toBeUndefined();
    delete registry.faults.stallAfter;
    registry.blobRequests.length = 0;
    await service().pull(name);
    expect(registry.blobRequests.some((line) => /bytes=[1-9]\d*-$/.test(line))).toBe(true);
    const image = store.find(canonicalImageName(name));
    expect(readFileSync(join(store.rootPath(image?.config ?? ""), "noise")).equals(content)).toBe(true);
    expect(parts()).toEqual([]);
  });

  it("while it unpacks: half a root is never taken for one, and goes", async () => {
    const files = Array.from({ length: 4000 }, (_, i): LayerFile => ({ path: `many/${i}`, content: `file ${i}` }));
    const name = registry.add("ship:1", buildImage({ layers: [layer(files)] }));
    const first = service();
    const failure = first.failure(name);
    await until(() => parts().some((each) => each.startsWith("root-")), "a root is being made");
    await kill(first.child);
    expect(await failure).toBe("the image service ended during the pull");
    const store = new ImageStore(imageFolder(home));
    expect(store.list()).toEqual([]);
    expect(readdirSync(join(store.folder, "roots"))).toEqual([]);
    const second = service();
    await second.pull(name);
    const image = store.find(canonicalImageName(name));
    expect(readdirSync(join(store.rootPath(image?.config ?? ""), "many"))).toHaveLength(files.length);
    await until(() => parts().length === 0, "what was left half done is gone");
  });
});

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("skipped: a full disk: only root may mount one");
describe.skipIf(!isRoot)("a full disk", () => {
  const disk = (size: string, remount = false): void => {
    const options = ["-t", "tmpfs", "-o", `size=${size}${remount ? ",remount" : ""}`, "cox-test", home];
    expect(spawnSync("mount", options, { encoding: "utf8" }).stderr).toBe("");
  };
  afterEach(() => void spawnSync("umount", ["-l", home]));

  it.each([
    ["while it downloads", "1m"],
    ["while it unpacks", "3m"],
  ])("%s: one sentence, and nothing that was there is lost", async (_when, size) => {
    disk("400m");
    const small = registry.add("small:1", buildImage({ layers: [layer([{ path: "f", content: "tiny" }])] }));
    const big = registry.add("big:1", buildImage({ layers: [layer([{ path: "noise", content: noise(2_000_000) }])], packing: "none" }));
    const own = service();
    await own.pull(small);
    disk(size, true);
    await expect(own.pull(big)).rejects.toThrow(`failed to pull and unpack image "${big}": `);
    await expect(own.pull(big)).rejects.toThrow("no space left on device");
    const store = new ImageStore(imageFolder(home));
    const kept = store.find(canonicalImageName(small));
    expect(readFileSync(join(store.rootPath(kept?.config ?? ""), "f"), "utf8")).toBe("tiny");
    expect(store.find(canonicalImageName(big))).toBeUndefined();
    expect(readdirSync(join(store.folder, "roots"))).toHaveLength(1);
    disk("400m", true);
    await own.pull(big);
    expect(store.find(canonicalImageName(big))).toBeDefined();
    expect(parts()).toEqual([]);
  });
});
