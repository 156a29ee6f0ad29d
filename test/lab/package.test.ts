/** The npm package as it would be published: in a folder with nothing else it is a whole Kubernetes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealCluster, realCluster, root } from "./realCluster.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-package-"));
const installed = join(folder, "node_modules/coxswain");

/** Undefined: it is installed; else why not. Building is left out: dist/ is what the other tests use, too. */
function install(): string | undefined {
  const npm = (cwd: string, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync("npm", [...args, "--silent", "--no-audit", "--no-fund"], { cwd, encoding: "utf8" });
    if (status !== 0) throw new Error(`npm ${args[0] ?? ""}: ${stderr}${stdout}`.trim());
    return stdout.trim();
  };
  try {
    const archive = npm(root, "pack", "--ignore-scripts", "--pack-destination", folder);
    npm(folder, "install", "--no-package-lock", "--prefix", folder, join(folder, archive));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const why = install();
if (why !== undefined) console.log(`skipped: the npm package: ${why}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(why !== undefined)("the npm package", () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await realCluster({
      name: "packed",
      nodes: 1,
      tools: "/nowhere",
      ownKubectl: true,
      program: join(installed, "dist/cox.cjs"),
    });
  }, 60_000);
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  async function said(line: string): Promise<string> {
    const { code, stdout, stderr } = await cluster.sh(line);
    expect(code, `${line}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  it("brings no library along but the native one, and what that needs", () => {
    const packages = readdirSync(join(folder, "node_modules"));
    expect(packages).toContain("lmdb");
    for (const bundled of ["ws", "yaml", "fzstd", "parse5"]) expect(packages).not.toContain(bundled);
  });

  it("runs pods behind a Service", async () => {
    await said("kubectl create deployment hello --image=hello:1.0.0 --replicas=2");
    await said("kubectl rollout status deployment/hello --timeout=60s");
    await said("kubectl expose deployment hello --port=80");
    expect(await said("kubectl get --raw /api/v1/namespaces/default/services/hello:80/proxy/version")).toContain("1.0.0");
  });

  it("has the texts, the lab and the guides", async () => {
    expect(await said("kubectl explain deployment")).toMatch(/DESCRIPTION:\n +\S/);
    expect(await said("kubectl get --help")).toContain("Usage:\n  kubectl get ");
    expect(await said("cox lab init lab >lab.txt && kubectl create -f lab/deployments/auth.yaml --dry-run=server -o name")).toBe(
      "deployment.apps/auth\n",
    );
    const guide = /English +(\S+)/.exec(await said("cox lab"))?.[1] ?? "";
    expect(guide.startsWith(installed)).toBe(true);
    const change = "--set-image deployment/hello hello=hello:2.0.0 --simulate";
    expect(await said(`cox rehearse -f ${installed}/docs/rehearsal-hello.yaml ${change}`)).toContain("requests failed");
  });
});
