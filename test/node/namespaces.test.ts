/**
 * Runs test/node/inside in namespaces made as the agent's are, as root and as an ordinary user, and shows each case here. Where this machine
 * refuses one of the two, its cases are skipped and the reason is printed. INSIDE_ONLY=seccomp narrows to files whose names have that.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insideNamespaces } from "../../src/host-node/agent/namespaces.ts";
import { hierarchiesOf } from "../../src/host-node/runtime/cgroups/hierarchies.ts";
import { removeGroups } from "../../src/host-node/runtime/cgroups/removeGroups.ts";
import { innerRun, tellCases } from "./innerRun.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const isRoot = process.getuid?.() === 0;
/** `nobody`: no home, no rights, no mapped ranges. */
const ordinaryUid = 65_534;
const ordinaryUser = ["setpriv", "--reuid", String(ordinaryUid), "--regid", String(ordinaryUid), "--clear-groups", "--"];

const only = process.env["INSIDE_ONLY"];

interface Mode {
  readonly name: string;
  readonly asRoot: boolean;
  readonly prefix: readonly string[];
  readonly possible: boolean;
}
const modes: readonly Mode[] = [
  { name: "root", asRoot: true, prefix: [], possible: isRoot },
  { name: "an ordinary user", asRoot: false, prefix: isRoot ? ordinaryUser : [], possible: true },
];

function refusal(mode: Mode): string | undefined {
  if (!mode.possible) return "these tests don't run as root";
  const [file = "", ...args] = [...mode.prefix, ...insideNamespaces(["true"], mode.asRoot)];
  const trial = spawnSync(file, args, { encoding: "utf8" });
  return trial.status === 0 ? undefined : `namespaces are refused here: ${trial.stderr.trim()}`;
}

/** Trees where an ordinary user gets a group of its own, as an administrator or systemd (v2) may give one; none without root. */
const trees = hierarchiesOf(readFileSync("/proc/self/mountinfo", "utf8"), readFileSync("/proc/self/cgroup", "utf8"));
const handsDown = (own: string): boolean => readFileSync(join(own, "cgroup.subtree_control"), "utf8").includes("memory");
const delegated = trees
  .filter(({ version, controllers, own }) => isRoot && (version === 1 ? controllers.length > 0 : handsDown(own)))
  .map(({ own }) => join(own, `cox-delegated-${process.pid}`));

/** A command that enters the groups first; in v2 one below, as a group with processes can't hand controllers down. */
function delegate(uid: number): readonly string[] {
  const entered = delegated.map((group) => {
    const inner = existsSync(join(group, "../cgroup.subtree_control")) ? join(group, "start") : group;
    mkdirSync(inner, { recursive: true });
    for (const each of [group, inner]) {
      const given = ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"].map((file) => join(each, file)).filter(existsSync);
      for (const path of [each, ...given]) chownSync(path, uid, uid);
    }
    return inner;
  });
  const enter = entered.map((group) => `echo 0 >'${group}/cgroup.procs'`);
  return ["sh", "-c", [...enter, 'exec "$@"'].join("\n"), "sh"];
}

const chosen = modes.filter((mode) => {
  const why = refusal(mode);
  if (why !== undefined) console.log(`skipped as ${mode.name}: ${why}`);
  return why === undefined;
});

it("can make namespaces in at least one of the two ways", () => expect(chosen).not.toEqual([]));

describe.each(chosen)("inside the agent's namespaces, as $name", (mode) => {
  const folder = mkdtempSync(join(tmpdir(), "cox-node-"));
  chmodSync(folder, 0o777);
  let report: Awaited<ReturnType<typeof innerRun>>;
  let leftBefore: readonly string[] = [];

  beforeAll(async () => {
    leftBefore = mountsAndVeths();
    const programs = join(folder, "catalogue");
    const bundles = ["auth", "hello", "nginx"].map((name) => `src/catalogue/${name}.ts`);
    const esbuild = join(root, "node_modules/.bin/esbuild");
    const format = ["--bundle", "--platform=node", "--target=node20", "--format=cjs", "--out-extension:.js=.cjs", "--log-level=warning"];
    execFileSync(esbuild, [...bundles, ...format, `--outdir=${programs}`], { cwd: root, stdio: "inherit" });
    for (const name of [programs, ...readdirSync(programs).map((each) => join(programs, each))]) chmodSync(name, 0o755);
    const env = {
      PATH: process.env["PATH"],
      HOME: folder,
      COX_TEST_FOLDER: folder,
      COX_TEST_PROGRAMS: programs,
      COX_TEST_ROOT: mode.asRoot ? "1" : "",
    };
    const prefix = [...(mode.asRoot ? [] : delegate(ordinaryUid)), ...mode.prefix, ...insideNamespaces([], mode.asRoot)];
    report = await innerRun({ prefix, config: "test/node/inside/vitest.config.ts", only, env, folder });
    const figures = join(folder, "figures");
    if (existsSync(figures)) console.log(readFileSync(figures, "utf8").trim().replaceAll(/^/gm, `as ${mode.name}: `));
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("passes every case", () => {
    const { passed, problems } = tellCases(report, `as ${mode.name}`);
    expect(problems).toBe("");
    expect(passed).toBeGreaterThan(0);
  });

  it("leaves no control group on the machine", async () => {
    // Process 1 of the namespace takes the rest with it, which the kernel does a moment later.
    await expect.poll(() => delegated.every(removeGroups), { timeout: 10_000 }).toBe(true);
    const ours = (own: string): boolean =>
      readdirSync(own).some((name) => name.startsWith("coxswain-test-") && name.endsWith(basename(folder)));
    expect(trees.filter(({ own }) => existsSync(own) && ours(own))).toEqual([]);
  });

  it("leaves no mount and no interface on the machine", () => {
    expect(mountsAndVeths()).toEqual(leftBefore);
  });
});

function mountsAndVeths(): readonly string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes("cox-node-"));
  const links = readdirSync("/sys/class/net").filter((name) => /^pod[0-9a-z]+-[0-9a-z]+$|^veth/.test(name));
  return [...mounts, ...links];
}
