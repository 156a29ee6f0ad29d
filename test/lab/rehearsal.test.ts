/** `cox rehearse` on a real cluster: a known race agrees with its simulation, a client in a pod, HTTP/2, and any cluster left as it was. The long suite has the rest. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAgreement, simulatedMean } from "../rehearsal/agreement.ts";
import { type Rehearsed, type Scratch, scratch, spawnedRehearse } from "../rehearsal/coxRehearse.ts";
import { fixtureArgs, fixturePath, fixtures } from "../rehearsal/fixtures.ts";
import { genuineTools, realCluster, type RealCluster } from "./realCluster.ts";

const tools = genuineTools();

describe.skipIf(tools === undefined)("rehearsals", () => {
  let cluster: RealCluster;
  let folder: Scratch;
  let before: string;
  beforeAll(async () => {
    cluster = await realCluster({ name: "rehearsed", nodes: 3, tools: tools ?? "" });
    folder = scratch();
    before = await standing();
  });
  afterAll(async () => {
    folder[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  /** What a rehearsal could leave behind. */
  async function standing(): Promise<string> {
    const { stdout } = await cluster.sh(
      "kubectl get namespaces,configmaps,deployments,services,pods -A -o name; ls state/rehearsed/run | grep connections || true",
    );
    return stdout;
  }
  const rehearse = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Rehearsed> =>
    spawnedRehearse(args, folder, { ...cluster.env, ...env });
  const here = ["--context", "cox-rehearsed"];
  const noPrestop = ["-f", fixturePath("no-prestop", "before.yaml"), "--apply", fixturePath("no-prestop", "after.yaml"), "--rate", "100"];

  test("a known race fails as its simulation does, and not once it is mended", async () => {
    const fixture = fixtures.find(({ name }) => name === "no-prestop");
    if (fixture === undefined) throw new Error("there is no such fixture");
    const { reports, err } = await rehearse([...here, ...fixtureArgs(fixture), "--try-fixes"]);
    expect(reports, err).toHaveLength(2);
    expectAgreement(reports[0], fixture, await simulatedMean(fixture));
    expect(reports[1]?.failed).toBe(0);
  });

  test("a client in a pod finds the Service by its name and by its address", async () => {
    for (const from of ["pod", "pod-ip"]) {
      const { reports, err } = await rehearse([
        ...here,
        ...noPrestop,
        "--from",
        from,
        "--pod-from",
        "header:x-pod",
        "--propagation",
        "500ms",
      ]);
      expect(reports[0]?.load.target, err).toMatch(from === "pod" ? /^http:\/\/shop:80\// : /^http:\/\/10\./);
      expect(reports[0]?.earlier).toMatchObject({ failed: 0 });
      expect(reports[0]?.versions.map(({ name }) => name).sort()).toEqual(["1.0.0", "2.0.0"]);
      const causes = reports[0]?.causes ?? [];
      expect(causes[0]?.cause).toBe("staleEndpoint");
      // A connection may still have waited to be taken when its program ended.
      expect(["staleEndpoint", "cutInFlight"]).toEqual(expect.arrayContaining(causes.map(({ cause }) => cause)));
    }
  });

  test("HTTP/2 is spoken, and labels tell versions apart", async () => {
    const labelled = ["before", "after"].map((file) => {
      const path = folder.path(`${file}.yaml`);
      const text = readFileSync(fixturePath("no-prestop", file === "before" ? "before.yaml" : "after.yaml"), "utf8");
      writeFileSync(path, text.replace("labels: { app: shop }", `labels: { app: shop, release: ${file} }`));
      return path;
    });
    const args = ["-f", labelled[0] ?? "", "--apply", labelled[1] ?? "", "--rate", "100", "--http2", "--keep-alive", "4"];
    const { reports, err } = await rehearse([...here, ...args, "--version-from", "label:release"]);
    expect(reports[0]?.earlier, err).toMatchObject({ failed: 0 });
    expect(reports[0]?.load).toMatchObject({ protocol: "http/2", keepAlive: 4 });
    expect(reports[0]?.versions.map(({ name }) => name).sort()).toEqual(["after", "before"]);
  });

  test("any cluster of a kubeconfig will do: strategies are compared, thresholds decide, nothing is left behind", async () => {
    const foreign = join(cluster.folder, "foreign");
    writeFileSync(foreign, readFileSync(cluster.env["KUBECONFIG"] ?? "", "utf8").replaceAll("cox-rehearsed", "faraway"));
    const image = [
      "--set-image",
      "deployment/shop",
      "shop=coxswain/rehearsal-app:2.0.0",
      "--compare",
      "recreate,blue-green",
      "--rate",
      "100",
    ];
    const args = ["--context", "faraway", "-f", fixturePath("no-prestop", "before.yaml"), ...image, "--max-failed", "0"];
    const { code, reports, err } = await rehearse(args, { KUBECONFIG: foreign });
    expect(
      reports.map(({ strategy, passed }) => [strategy, passed]),
      err,
    ).toEqual([
      ["recreate", false],
      ["blue-green", true],
    ]);
    expect(code).toBe(1);
    expect(reports[0]?.causes[0]?.cause).toBe("noEndpoint");
    expect(reports.every(({ rollback }) => (rollback?.tookMs ?? 0) > 0)).toBe(true);
    expect(reports[1]?.extraPods).toBe(4);
    expect(await standing()).toBe(before);
    const slowed = await rehearse([...args, "--propagation", "slow"], { KUBECONFIG: foreign });
    expect([slowed.code, slowed.err]).toEqual([2, expect.stringMatching(/^Error: --propagation is for clusters of cox/m)]);
  });

  test("what stands already is neither changed nor removed", async () => {
    await cluster.sh(`kubectl create namespace mine; kubectl -n mine apply -f ${fixturePath("no-prestop", "before.yaml")}`);
    const { code, err } = await rehearse([...here, ...noPrestop, "--namespace", "mine"]);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/Error: Namespace "mine" has a (Deployment|Service) "shop" already, and a rehearsal removes what it made/),
    ]);
    expect(
      (await cluster.sh("kubectl -n mine get deployment shop -o jsonpath='{.spec.template.spec.containers[0].image}'")).stdout,
    ).toMatch(/:1\.0\.0$/);
    await cluster.sh("kubectl delete namespace mine");
  });
});
