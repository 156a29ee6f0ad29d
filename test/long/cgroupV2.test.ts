/**
 * Control groups v2 alone, on Debian's kernel, in a virtual machine (tools/vm.mjs): whatever this machine has. Clusters as root and as an ordinary user with a
 * delegated group; then the runtime's cases of limits inside the agent's namespaces, and those on containerd. COX_VM=tcg runs it without KVM, in a quarter of an hour.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { whyNoContainerd } from "../node/cri/privateContainerd.ts";
import { runInVm, vmRefusal } from "../../tools/vm.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const emulated = process.env["COX_VM"] === "tcg";
const limitMs = (emulated ? 25 : 4) * 60_000;

/** KVM may be there and yet not start an ordinary kernel, as on some rented machines. */
async function refusal(): Promise<string | undefined> {
  const why = vmRefusal();
  if (why !== undefined) return why;
  const trial = runInVm("cat /sys/fs/cgroup/cgroup.controllers", { timeoutMs: 60_000 });
  const { output } = await trial.catch((error: unknown) => ({ output: String(error) }));
  return /cpu.* memory.* pids/.test(output) ? undefined : `the virtual machine doesn't come up: ${output.trim().slice(-200)}`;
}

const why = await refusal();
if (why !== undefined) console.log(`skipped: control groups v2 in a virtual machine: ${why}`);

const noContainerd = whyNoContainerd();
if (noContainerd !== undefined) console.log(`skipped: control groups v2 beside containerd: ${noContainerd}`);

/** What the script said of one cluster, by name. */
function factsOf(output: string, as: string): Readonly<Record<string, string>> {
  const lines = output.split("\n").filter((line) => line.startsWith(`fact ${as}: `));
  return Object.fromEntries(
    lines.map((line) => line.slice(`fact ${as}: `.length).trim()).map((line) => [line.split(" ")[0] ?? "", line.replace(/^\S+ ?/, "")]),
  );
}

describe.skipIf(why !== undefined)("control groups v2", () => {
  it(
    "limit pods, as root and as an ordinary user with a group of its own, and go with the cluster",
    async () => {
      const script = `export COX='${join(root, "dist/cox.cjs")}'\nsh '${join(root, "test/long/cgroupV2.sh")}' 2>&1`;
      const { code, output } = await runInVm(script, { timeoutMs: limitMs });
      expect(code, output).toBe(0);
      for (const as of ["root", "user"]) {
        const facts = factsOf(output, as);
        expect(facts, output).toMatchObject({
          oom: "137 OOMKilled",
          folders: "new",
          pods: "Guaranteed Running",
          group: "kubepods/podUID/ID",
          "cpu.max": "10000 100000",
          // The stand-in's share of 64 MiB comes on top.
          "memory.max": String(128 * 2 ** 20),
          "pids.max": "4096",
          throttled: "",
          classes: "besteffort burstable",
          down: "",
          left: "",
        });
        expect(facts["top"]).toMatch(/^spin +\d+m +\d+Mi$/);
        expect(facts["✓"], output).toBe("CPU and memory limits: enforced by control groups");
      }
    },
    limitMs,
  );

  it(
    "pass the runtime's own cases, as root and as an ordinary user",
    async () => {
      const slow = emulated ? "--testTimeout 1200000 --hookTimeout 1200000" : "";
      const command = `npx --no-install vitest run --project node test/node/namespaces.test.ts --reporter=dot ${slow}`;
      const { code, output } = await runInVm(`cd '${root}' && INSIDE_ONLY=limits NO_COLOR=1 ${command} 2>&1`, { timeoutMs: limitMs });
      expect(code, output).toBe(0);
      expect(output.match(/limits are enforced/g), output).toHaveLength(2);
    },
    limitMs,
  );

  it.skipIf(noContainerd !== undefined)(
    "hold pods on containerd, and go with them",
    async () => {
      const slow = emulated ? "--testTimeout 1200000 --hookTimeout 1200000" : "";
      const vitest = "npx --no-install vitest run limits --config test/node/cri/vitest.config.ts --configLoader runner --reporter=dot";
      const script = `cd '${root}' && NO_COLOR=1 unshare --net -- ${vitest} ${slow} 2>&1 && ls /sys/fs/cgroup`;
      const { code, output } = await runInVm(script, { timeoutMs: limitMs });
      expect(code, output).toBe(0);
      expect(output).toMatch(/Tests +\d+ passed/);
      expect(output).toContain("cgroup.controllers");
      expect(output).not.toMatch(/^coxswain/m);
    },
    limitMs,
  );
});
