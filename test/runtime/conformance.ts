/** What any runtime of a node must let pods do: all cases' pods at once on a real cluster, then each case's verdict. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianImage, missingPrograms } from "../images/debianImages.ts";
import { type DebianRegistry, debianRegistry, whyNoRegistry } from "../images/debianRegistry.ts";
import { genuineTools, ordinaryUser, type RealCluster, realCluster } from "../lab/realCluster.ts";
import { busybox, type Case, etcd, nginx, redis } from "./case.ts";
import { identity } from "./cases/identity.ts";
import { limits } from "./cases/limits.ts";
import { lives } from "./cases/lives.ts";
import { order } from "./cases/order.ts";
import { probes } from "./cases/probes.ts";
import { volumes } from "./cases/volumes.ts";
import { Scene } from "./scene.ts";

export interface RuntimeUnderTest {
  readonly name: string;
  /** Needs the tests to run as root. */
  readonly asRoot: boolean;
  /** Starts what it needs beside the cluster, and gives further words for `cox up`. */
  readonly prepare?: () => Promise<AsyncDisposable & { readonly up: readonly string[] }>;
  /** Why it can't be had here. */
  readonly missing?: string | undefined;
  /** Titles of cases that it can't do, with the reason. */
  readonly cannot?: Readonly<Record<string, string>>;
}

const groups: Readonly<Record<string, readonly Case[]>> = { lives, order, probes, volumes, identity, limits };
const tools = genuineTools();
const missing = missingPrograms(["busybox", "etcd", "redis", "nginx"]);

function whyNot({ asRoot, missing: lacks }: RuntimeUnderTest): string | undefined {
  if (lacks !== undefined) return lacks;
  if (asRoot && process.getuid?.() !== 0) return "the tests don't run as root";
  if (tools === undefined) return "the genuine kubectl can't be had here";
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : whyNoRegistry();
}

export function describeConformance(subject: RuntimeUnderTest): void {
  const reason = whyNot(subject);
  if (reason !== undefined) console.log(`skipped: pods on ${subject.name}: ${reason}`);
  const skips = (each: Case): string | undefined => (subject.asRoot ? undefined : each.rootOnly) ?? subject.cannot?.[each.title];

  describe.skipIf(reason !== undefined)(`pods on ${subject.name}`, () => {
    let cluster: RealCluster;
    let registry: DebianRegistry;
    let scene: Scene;
    let prepared: (AsyncDisposable & { readonly up: readonly string[] }) | undefined;
    beforeAll(async () => {
      registry = await debianRegistry();
      const images = {
        [busybox]: await registry.push("debian/busybox:1", debianImage("busybox")),
        [etcd]: await registry.push("debian/etcd:1", debianImage("etcd")),
        [redis]: await registry.push("debian/redis:1", debianImage("redis")),
        [nginx]: await registry.push("debian/nginx:1", debianImage("nginx")),
      };
      const as = !subject.asRoot && process.getuid?.() === 0 ? { as: ordinaryUser } : {};
      prepared = await subject.prepare?.();
      cluster = await realCluster({ name: "conform", nodes: 1, tools: tools ?? "", ...as, up: prepared?.up ?? [] });
      scene = new Scene(cluster, subject.asRoot);
      const chosen = Object.values(groups)
        .flat()
        .filter((each) => skips(each) === undefined);
      const documents = chosen.flatMap(({ objects }) => objects).map((object) => JSON.stringify(object));
      let text = documents.join("\n---\n").replaceAll("FOLDER", cluster.folder);
      for (const [word, image] of Object.entries(images)) text = text.replaceAll(`"${word}`, `"${image}`);
      const done = await cluster.sh(`kubectl apply -f - <<'EOF'\n${text}\nEOF`);
      expect(done.code, done.stderr).toBe(0);
    });
    afterAll(async () => {
      await scene?.[Symbol.asyncDispose]();
      await cluster?.[Symbol.asyncDispose]();
      await prepared?.[Symbol.asyncDispose]();
      await registry?.[Symbol.asyncDispose]();
    });

    describe.each(Object.entries(groups))("%s", (_name, cases) => {
      for (const each of cases) {
        const why = skips(each);
        if (why !== undefined) console.log(`left out on ${subject.name}: ${each.title}: ${why}`);
        it.skipIf(why !== undefined)(each.title, async () => {
          expect.hasAssertions();
          await each.check(scene);
        });
      }
    });
  });
}
