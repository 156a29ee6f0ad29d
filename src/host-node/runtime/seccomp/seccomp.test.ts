import { describe, expect, it } from "vitest";
import { compileFilter } from "./filter.ts";
import { type ArgumentTest, defaultProfile, parseProfile, type Profile, ProfileError, unconfined, withOneId } from "./profile.ts";
import { machines, type Machine } from "./syscallNumbers.ts";

const x64 = machines.get("x64") as Machine;
const arm64 = machines.get("arm64") as Machine;

interface SystemCall {
  readonly number: number;
  readonly arch?: number;
  readonly args?: readonly bigint[];
}

/** What the kernel would answer: the program run step by step. */
function run(program: Buffer, { number, arch = x64.audit, args = [] }: SystemCall): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(value, 16 + index * 8);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const [ifTrue, ifFalse] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    const operand = program.readUInt32LE(at * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (code === 0x05) at += operand;
    else if (code === 0x06) return said(operand);
    else at += { 0x15: accumulator === operand, 0x25: accumulator > operand, 0x35: accumulator >= operand }[code] ? ifTrue : ifFalse;
  }
  throw new Error("the program has no end");
}

function said(answer: number): string {
  if (answer === 0x7fff0000) return "allow";
  return answer >>> 16 === 5 ? `errno ${answer & 0xffff}` : answer.toString(16);
}

const call = (machine: Machine, name: string): number => machine.calls.get(name) ?? -1;

describe("system calls", () => {
  it.each([
    [x64, "read", 0],
    [x64, "execve", 59],
    [x64, "unshare", 272],
    [x64, "seccomp", 317],
    [x64, "clone3", 435],
    [arm64, "unshare", 97],
    [arm64, "seccomp", 277],
    [arm64, "openat", 56],
    [arm64, "fcntl", 25],
    [arm64, "clone3", 435],
  ])("have the kernel's numbers", (machine, name, number) => {
    expect(machine.calls.get(name)).toBe(number);
  });
});

describe("a container with one id", () => {
  it("hears that it has become another, and everything else as its profile says", () => {
    const program = compileFilter(withOneId(defaultProfile(new Set())), x64);
    for (const name of ["setuid", "setresgid", "setgroups", "fchownat"]) expect(run(program, { number: call(x64, name) })).toBe("errno 0");
    expect(run(program, { number: call(x64, "getuid") })).toBe("allow");
    expect(run(program, { number: call(x64, "mount") })).toBe("errno 1");
    expect(run(compileFilter(withOneId(unconfined), x64), { number: call(x64, "mount") })).toBe("allow");
  });
});

describe("the default profile", () => {
  const verdict = (name: string, args: readonly bigint[] = [], capabilities: readonly string[] = [], machine = x64): string =>
    run(compileFilter(defaultProfile(new Set(capabilities)), machine), { number: call(machine, name), arch: machine.audit, args });

  it.each([
    "mount",
    "unshare",
    "setns",
    "keyctl",
    "bpf",
    "kexec_load",
    "io_uring_setup",
    "open_by_handle_at",
    "chroot",
    "reboot",
    "settimeofday",
  ])("refuses %s", (name) => expect(verdict(name)).toBe("errno 1"));

  it.each(["read", "openat", "execve", "capset", "prctl", "setresuid", "ptrace", "seccomp", "mlock", "futex_waitv", "removexattrat"])(
    "allows %s",
    (name) => expect(verdict(name)).toBe("allow"),
  );

  it("opens with a capability what belongs to it", () => {
    expect(verdict("chroot", [], ["sys_chroot"])).toBe("allow");
    expect(verdict("syslog", [], ["syslog"])).toBe("allow");
    expect([verdict("mount", [], ["sys_admin"]), verdict("clone3", [], ["sys_admin"])]).toEqual(["allow", "allow"]);
    expect(verdict("kexec_load", [], ["sys_admin", "sys_boot"])).toBe("errno 1");
  });

  it("allows threads and processes, but no namespaces", () => {
    expect(verdict("clone", [0x3d0f00n])).toBe("allow");
    expect(verdict("clone", [0x11n])).toBe("allow");
    expect(verdict("clone", [0x10000000n])).toBe("errno 1");
    expect(verdict("clone3", [0n])).toBe("errno 38");
  });

  it("looks at arguments", () => {
    expect(verdict("socket", [2n])).toBe("allow");
    expect(verdict("socket", [40n])).toBe("errno 1");
    expect(verdict("personality", [0xffffffffn])).toBe("allow");
    expect(verdict("personality", [0x40000n])).toBe("errno 1");
  });

  it("knows what it doesn't know", () => {
    const program = compileFilter(defaultProfile(new Set()), x64);
    expect(run(program, { number: 9999 })).toBe("errno 38");
    expect(run(program, { number: 0x40000000 })).toBe("errno 38");
    expect(run(program, { number: 0, arch: arm64.audit })).toBe("80000000");
    expect(verdict("mount", [], [], arm64)).toBe("errno 1");
    expect(verdict("openat", [], [], arm64)).toBe("allow");
  });
});

describe("tests of arguments", () => {
  const holds = (test: Omit<ArgumentTest, "index">, value: bigint): boolean => {
    const refuse = { does: "refuse", errno: 1 } as const;
    const rule = { names: ["read"], tests: [{ index: 2, ...test }], verdict: { does: "allow" } as const };
    const profile: Profile = { otherwise: refuse, rules: [rule, { names: ["write"], tests: [], verdict: { does: "allow" } }] };
    const program = compileFilter(profile, x64);
    // What comes after must still find the number where it looks for it.
    expect(run(program, { number: 1, args: [0n, 0n, value] })).toBe("allow");
    return run(program, { number: 0, args: [0n, 0n, value] }) === "allow";
  };
  const big = 0x100000005n;
  const values = [0n, 4n, 5n, 6n, 0x100000004n, big, 0x100000006n, 0x200000005n];

  it.each([
    ["==", (a: bigint, b: bigint) => a === b],
    ["!=", (a: bigint, b: bigint) => a !== b],
    ["<", (a: bigint, b: bigint) => a < b],
    ["<=", (a: bigint, b: bigint) => a <= b],
    [">", (a: bigint, b: bigint) => a > b],
    [">=", (a: bigint, b: bigint) => a >= b],
  ] as const)("%s over 64 bits", (operator, compare) => {
    for (const against of [5n, big])
      for (const value of values)
        expect(holds({ operator, value: against, other: 0n }, value), `${value} ${operator} ${against}`).toBe(compare(value, against));
  });

  it("masked", () => {
    const test = { operator: "masked==", value: 0xf0000000fn, other: 0x500000003n } as const;
    expect([0x500000003n, 0x5ffffffff3n, 0x500000004n, 0x3n].map((value) => holds(test, value))).toEqual([true, false, false, false]);
  });
});

describe("parseProfile", () => {
  it("reads the form of OCI and of Docker", () => {
    const text = JSON.stringify({
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38,
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        { name: "write", action: "SCMP_ACT_ERRNO", errnoRet: 13, args: [{ index: 1, value: 7, op: "SCMP_CMP_GE" }] },
      ],
    });
    const program = compileFilter(parseProfile(text), x64);
    const of = (number: number, args: readonly bigint[] = []): string => run(program, { number, args });
    expect([of(0), of(1, [0n, 8n]), of(1, [0n, 6n]), of(2)]).toEqual(["allow", "errno 13", "errno 38", "errno 38"]);
  });

  it.each([
    ["", "Unexpected end"],
    ["[]", "it is no object"],
    ['{"defaultAction":"SCMP_ACT_JUMP"}', 'unknown action "SCMP_ACT_JUMP"'],
    ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ALLOW"}]}', "a rule has no names"],
    [
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG","args":[{"index":9,"op":"SCMP_CMP_EQ"}]}]}',
      "an argument's index is from 0 to 5",
    ],
  ])("refuses %s", (text, why) => {
    expect(() => parseProfile(text)).toThrow(ProfileError);
    expect(() => parseProfile(text)).toThrow(why);
  });
});
