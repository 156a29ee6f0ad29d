/** Seccomp profiles on real containers: what RuntimeDefault refuses, profiles of one's own, and commands by exec. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aContainer, asRoot, makeWorld, outputOf, runShell, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => await world[Symbol.asyncDispose]());

const secured = (seccomp: string, more: object = {}): Partial<ReturnType<typeof aContainer>> => ({
  security: { ...aContainer("").security, seccomp, ...more },
});
const state = "grep -E '^Seccomp:' /proc/self/status";

describe("seccomp", () => {
  it("is there on this machine, or a condition says why not", () => {
    expect(world.runtime.conditions).toEqual([]);
  });

  it("RuntimeDefault refuses namespaces and clocks, and lets programs run", async () => {
    const script = `${state}; unshare --user true 2>&1; mount -t tmpfs x /tmp 2>&1 | head -1; (echo thread | cat); sleep 0.01 && echo slept`;
    const text = await outputOf(world, await runShell(world, script, secured("RuntimeDefault")));
    expect(text).toMatch(/^Seccomp:\t2\n/);
    expect(text).toContain("unshare: unshare failed: Operation not permitted");
    expect(text).toContain("thread\nslept\n");
  });

  it("Unconfined and nothing are without a filter, where no id has to be made up", async () => {
    for (const runAsUser of asRoot ? [0, 1234] : [1234])
      for (const profile of ["Unconfined", ""])
        expect(await outputOf(world, await runShell(world, state, secured(profile, { runAsUser, runAsGroup: runAsUser })))).toBe(
          "Seccomp:\t0\n",
        );
  });

  it.skipIf(asRoot)("an ordinary user's root hears that it became another user, and stays", async () => {
    const script = "touch /tmp/x && chown 33:33 /tmp/x && stat -c %u /tmp/x && setpriv --reuid 33 --regid 33 --clear-groups -- id -u";
    expect(await outputOf(world, await runShell(world, script))).toBe("0\n0\n");
  });

  it("holds for another user, for commands by exec, and without a locale to be found", async () => {
    const env = [
      { name: "LANG", value: "xx_XX.UTF-8" },
      { name: "PERL5OPT", value: "-d" },
    ];
    const overrides = { ...secured("RuntimeDefault", { runAsUser: 1234, noNewPrivileges: true }), env };
    const id = await runShell(world, "exec sleep 1000", overrides);
    const { stdout, stderr } = await world.runtime.streams.execSync(id, ["sh", "-c", `${state}; id -u; echo $LANG $PERL5OPT`], 10_000);
    expect(Buffer.from(stdout).toString()).toBe("Seccomp:\t2\n1234\nxx_XX.UTF-8 -d\n");
    expect(Buffer.from(stderr).toString()).toBe("");
    await world.runtime.containers.stop(id, 0);
  });

  it("Localhost profiles are read where the node has them", async () => {
    const profile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95 }],
    };
    writeFileSync(join(world.folder, "seccomp", "no-mkdir.json"), JSON.stringify(profile));
    const text = await outputOf(world, await runShell(world, "mkdir /tmp/x", secured("Localhost/no-mkdir.json")));
    expect(text).toContain("Operation not supported");
    await expect(runShell(world, "true", secured("Localhost/nope.json"))).rejects.toThrow(
      /cannot load seccomp profile .*nope.json": ENOENT/,
    );
    await expect(runShell(world, "true", secured("Localhost/../../x"))).rejects.toThrow(/is not below/);
  });
});
