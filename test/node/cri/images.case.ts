/** Images of a containerd whose disk gets full: a small one of its own, really filled. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { ImageCollector } from "../../../src/host-node/cri/imageCollector.ts";
import { listImages } from "../../../src/host-node/cri/messages/imageService.ts";
import { diskPercent } from "../../../src/host-node/images/freeDisk.ts";
import { virtualClock } from "../../../src/testing/virtualClock.ts";
import { type BuiltImage, buildImage, layer } from "../images/builder.ts";
import { busyboxImage, pauseName } from "./privateContainerd.ts";
import { shell, stageOf } from "./stage.ts";
import { image } from "./world.ts";

const stage = stageOf("images", (root) => {
  mkdirSync(root);
  execFileSync("mount", ["-n", "-t", "tmpfs", "-o", "size=96m", "tmpfs", root]);
});

/** Takes twice that of the disk: packed, and unpacked. */
const ballast = (megabytes: number): BuiltImage =>
  buildImage({ layers: [layer([{ path: "ballast", content: randomBytes(megabytes << 20) }])], packing: "none" });

const named = (of: string): string => `docker.io/coxswain-test/${of}:1`;
const bring = (of: string, built: BuiltImage): void => stage.machine.containerd.importImage(named(of), built);
const minutes = 60_000;

async function names(): Promise<readonly string[]> {
  const { images } = await stage.engine.channel.call(listImages, {});
  return images.flatMap(({ repo_tags: tags }) => tags).sort();
}

it("go from 85 % on, the longest unused first; those in use stay, also by containers that have ended, and the sandboxes'", async () => {
  const clock = virtualClock();
  const { channel } = stage.engine;
  using collector = new ImageCollector({ channel, clock, log: silentLog, sandboxImage: pauseName });
  const root = join(stage.machine.containerd.folder, "root");
  const idOf = async (of: string): Promise<string> => (await stage.runtime.images.status(named(of)))?.ref ?? "";
  // Not ours by any mark: as with a kubelet, all images of the runtime are looked after.
  for (const of of ["second", "first", "busy"]) {
    bring(of, ballast(6));
    await collector.look();
    await clock.advance(1 * minutes);
  }
  collector.used(await idOf("second"));
  bring("ended", busyboxImage({ Labels: { of: "ended" } }));
  await stage.output((await stage.started({ ...shell("exit 0"), image: named("ended") })).id);
  await stage.started({});
  await clock.advance(3 * minutes);
  expect(await collector.look()).toEqual([]);
  collector.used(await idOf("busy"));
  for (let more = 0; (await diskPercent(root)) < 85; more += 1) bring(`more-${more}`, ballast(1));

  const before = await names();
  // Just used, or just come: a pod may be about to start from it. The others go until the disk is at 80 % again, and it is after one.
  expect(await collector.look()).toEqual([named("first")]);
  expect(await diskPercent(root)).toBeLessThanOrEqual(80);
  expect(await names()).toEqual(before.filter((name) => name !== named("first")));
  for (const kept of [image, pauseName, named("ended"), named("second")]) expect(await names()).toContain(kept);

  // Those that nobody was seen to use go before those that somebody used once.
  await clock.advance(3 * minutes);
  for (let more = 0; (await diskPercent(root)) < 90; more += 1) bring(`late-${more}`, ballast(1));
  const gone = await collector.look();
  expect(gone.length).toBeGreaterThan(1);
  expect(gone.filter((name) => !name.includes("/more-"))).toEqual([]);
  expect(await diskPercent(root)).toBeLessThanOrEqual(80);
});
