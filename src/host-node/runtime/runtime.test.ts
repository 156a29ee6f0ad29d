import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ContainerConfig } from "../../kubelet/ports/runtime.ts";
import { type Identity, identityOf } from "./accounts.ts";
import { privilegesOf } from "./embedded/privileges.ts";
import { signalNumber } from "./embedded/stopSignal.ts";
import { formatFstab, lockedFlags } from "./mountTable.ts";
import { commandLine, environmentOf, requireProgram } from "./program.ts";
import { findInRoot } from "./rootView.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-root-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const lower = join(folder, "lower");
const upper = join(folder, "upper");
const volume = join(folder, "volume");
for (const path of [join(lower, "usr/bin"), join(lower, "etc"), join(upper, "etc"), join(volume, "deep")])
  mkdirSync(path, { recursive: true });
symlinkSync("usr/bin", join(lower, "bin"));
symlinkSync("/etc/real", join(lower, "etc/absolute"));
symlinkSync("../../../../etc/passwd", join(lower, "etc/escape"));
symlinkSync("a", join(lower, "b"));
symlinkSync("b", join(lower, "a"));
writeFileSync(join(lower, "usr/bin/tool"), "", { mode: 0o755 });
writeFileSync(join(lower, "usr/bin/plain"), "", { mode: 0o644 });
writeFileSync(join(lower, "etc/real"), "lower");
writeFileSync(join(upper, "etc/real"), "upper");
const view = {
  layers: [upper, lower],
  mounts: [
    { target: "/data", source: volume },
    { target: "/data/deep/er", source: lower },
  ],
};

describe("findInRoot", () => {
  it.each([
    ["/bin/tool", "/usr/bin/tool", join(lower, "usr/bin/tool")],
    ["/etc/absolute", "/etc/real", join(upper, "etc/real")],
    ["/data/deep", "/data/deep", join(volume, "deep")],
    ["/data/deep/er/usr/bin/tool", "/data/deep/er/usr/bin/tool", join(lower, "usr/bin/tool")],
    ["/etc/../bin/./tool", "/usr/bin/tool", join(lower, "usr/bin/tool")],
    ["/etc/missing/x", "/etc/missing/x", undefined],
    ["/etc/escape", "/etc/passwd", undefined],
  ])("%s is %s inside", (path, canonical, host) => {
    const found = findInRoot(view, path);
    expect({ path: found.path, host: found.host }).toEqual({ path: canonical, host });
  });

  it("refuses loops", () => {
    expect(() => findInRoot(view, "/a")).toThrow("too many levels of symbolic links");
  });
});

function lookup(name: string | undefined): () => void {
  return () => requireProgram(view, { name, workingDir: "/usr", path: "/none:/bin" });
}

describe("what a container runs", () => {
  const image = {
    entrypoint: ["/entry"],
    cmd: ["a", "b"],
    env: [{ name: "X", value: "image" }],
    workingDir: "",
    user: "",
    stopSignal: "SIGTERM",
  } as const;
  it.each([
    [[], [], ["/entry", "a", "b"]],
    [[], ["c"], ["/entry", "c"]],
    [["/cmd"], [], ["/cmd"]],
    [["/cmd"], ["c"], ["/cmd", "c"]],
  ])("command %j and args %j make %j", (command, args, expected) => {
    expect(commandLine({ command, args }, image)).toEqual(expected);
  });

  it("lets the container's environment win over the image's", () => {
    const env = environmentOf(
      {
        env: [
          { name: "X", value: "own" },
          { name: "Y", value: "" },
        ],
      },
      image,
    );
    expect([...env]).toEqual([
      ["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ["X", "own"],
      ["Y", ""],
    ]);
  });

  it("finds programs as execvp does", () => {
    for (const name of ["tool", "/bin/tool", "bin/tool", "./bin/tool"]) expect(lookup(name)).not.toThrow();
    expect(lookup("plain")).toThrow(expect.objectContaining({ exitCode: 126, message: 'exec: "plain": permission denied' }));
    expect(lookup("nope")).toThrow(expect.objectContaining({ exitCode: 127, message: 'exec: "nope": executable file not found in $PATH' }));
    expect(lookup("/nope")).toThrow(expect.objectContaining({ message: 'exec: "/nope": stat /nope: no such file or directory' }));
    expect(lookup(undefined)).toThrow(expect.objectContaining({ exitCode: 128, message: "no command specified" }));
  });
});

describe("identityOf", () => {
  const accounts = join(folder, "accounts");
  mkdirSync(join(accounts, "etc"), { recursive: true });
  writeFileSync(join(accounts, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nwww:x:33:34::/var/www:\n7up:x:70:71::/seven:\n");
  writeFileSync(join(accounts, "etc/group"), "root:x:0:\nwww:x:34:\ntape:x:26:bin,www\nlog:x:27:www\nseven:x:71:\n");
  const security = { readOnlyRootFilesystem: false, privileged: false, noNewPrivileges: false, seccomp: "" } as const;
  const identity = (imageUser: string, own: Partial<ContainerConfig["security"]> = {}): Identity =>
    identityOf({ layers: [accounts], mounts: [] }, { ...security, capabilities: { add: [], drop: [] }, ...own }, imageUser);

  it.each<[string, Partial<ContainerConfig["security"]>, Partial<Identity>]>([
    ["", {}, { uid: 0, gid: 0, groups: [], home: "/root" }],
    ["www", {}, { uid: 33, gid: 34, groups: [26, 27], home: "/var/www" }],
    ["33", {}, { uid: 33, gid: 34, groups: [26, 27], home: "/var/www" }],
    ["www:tape", {}, { uid: 33, gid: 26, groups: [27] }],
    ["www:5", {}, { uid: 33, gid: 5, groups: [26, 27] }],
    ["7up", {}, { uid: 70, gid: 71 }],
    ["1234", {}, { uid: 1234, gid: 0, groups: [], home: "/" }],
    ["1234:seven", {}, { uid: 1234, gid: 71 }],
    ["www", { runAsUser: 70 }, { uid: 70, gid: 71, groups: [], home: "/seven" }],
    ["www:tape", { runAsUser: 1234 }, { uid: 1234, gid: 0 }],
    ["www", { runAsGroup: 99 }, { uid: 33, gid: 99, groups: [26, 27] }],
    ["www", { supplementalGroups: [26, 1000] }, { groups: [26, 27, 1000] }],
    ["www", { supplementalGroups: [1000], supplementalGroupsPolicy: "Strict" }, { gid: 34, groups: [1000] }],
  ])("%j with %j is %j", (user, own, expected) => {
    expect(identity(user, own)).toMatchObject(expected);
  });

  it("says what the image doesn't know", () => {
    expect(() => identity("nobody")).toThrow("unable to find user nobody: no matching entries in passwd file");
    expect(() => identity("www:wheel")).toThrow("unable to find group wheel: no matching entries in group file");
  });
});

describe("signalNumber", () => {
  it.each([
    ["SIGQUIT", 3],
    ["quit", 3],
    ["9", 9],
    ["SIGRTMIN+3", 37],
    ["RTMAX-1", 63],
    ["", 15],
    ["SIGNONE", 15],
    ["SIGRTMIN+99", 15],
  ])("%s is %i", (text, number) => {
    expect(signalNumber(text)).toBe(number);
  });
});

describe("privilegesOf", () => {
  const security: ContainerConfig["security"] = {
    readOnlyRootFilesystem: false,
    privileged: false,
    noNewPrivileges: true,
    capabilities: { add: [], drop: [] },
    seccomp: "",
  };
  const nobody = { uid: 0, gid: 0, groups: [], home: "/" };
  const line = (overrides: Partial<ContainerConfig["security"]>, user: Partial<Identity>, asRoot: boolean): string =>
    privilegesOf({ ...security, ...overrides }, { ...nobody, ...user }, asRoot).prefix.join(" ");

  it("starts from the usual capabilities, without mknod", () => {
    const text = line({}, {}, true);
    expect(text).toMatch(
      /^\/dev\/\.coxswain\/loader --library-path \S+ \S+\/setpriv --bounding-set -all,\+chown,.*\+setfcap --inh-caps -all --no-new-privs --reuid 0 --regid 0 --groups 0 --$/,
    );
    expect(text).not.toMatch(/mknod|sys_admin|sys_ptrace/);
  });

  it("takes away and gives capabilities", () => {
    expect(line({ capabilities: { add: [], drop: ["ALL"] } }, {}, true)).toContain("--bounding-set -all --inh");
    expect(line({ capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } }, {}, true)).toContain("--bounding-set -all,+net_admin --inh");
    expect(line({ capabilities: { add: ["CAP_SYS_ADMIN"], drop: ["all"] } }, {}, false)).toContain("-all,+sys_admin ");
    expect(() => line({ capabilities: { add: ["FLY"], drop: [] } }, {}, true)).toThrow('unknown capability "FLY" to add');
  });

  it("runs as another user with its groups, or in a user namespace that has that user alone", () => {
    expect(line({}, { uid: 101, gid: 102 }, true)).toContain("--reuid 101 --regid 102 --groups 102 --");
    expect(line({}, { uid: 7, groups: [8, 9] }, true)).toContain("--reuid 7 --regid 0 --groups 0,8,9 --");
    expect(line({}, { uid: 7, gid: 8 }, false)).toMatch(
      /^\/dev\/\.coxswain\/loader --library-path \S+ \S+\/unshare --user --map-user=7 --map-group=8 -- \/dev\/\.coxswain\/loader --library-path \S+ \S+\/setpriv/,
    );
  });

  it("gives a privileged container everything, whatever it drops", () => {
    for (const asRoot of [true, false]) {
      const text = line({ privileged: true, capabilities: { add: [], drop: ["ALL"] } }, {}, asRoot);
      for (const name of ["sys_admin", "sys_module", "mknod"]) expect(text).toContain(`+${name}`);
    }
  });
});

describe("mount tables", () => {
  it("escapes what fstab would read as its own", () => {
    expect(formatFstab([{ source: "/a b", target: "/c\\d", type: "none", options: ["bind", "ro"] }])).toBe(
      "/a\\040b /c\\134d none bind,ro 0 0\n",
    );
  });

  it("repeats the flags of the mount that a path lies on", () => {
    const info =
      "1 0 8:1 / / rw,relatime - ext4 x rw\n2 1 8:2 / /home rw,nosuid,nodev,noatime - ext4 x rw\n3 2 8:3 / /home/a\\040b rw,noexec - ext4 x rw\n";
    expect(lockedFlags("/etc", info)).toEqual([]);
    expect(lockedFlags("/home/x", info)).toEqual(["nosuid", "nodev", "noatime"]);
    expect(lockedFlags("/home/a b/c", info)).toEqual(["noexec"]);
    expect(lockedFlags("/homely", info)).toEqual([]);
  });
});
