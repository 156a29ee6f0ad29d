/**
 * Turns a profile into the kernel's form: a classic BPF program over the number and the arguments of a system call. Pure.
 * Upstream: the kernel's Documentation/userspace-api/seccomp_filter.rst
 */
import { assertNever } from "../../../base/assert.ts";
import type { ArgumentTest, Profile, Rule, Verdict } from "./profile.ts";
import type { Machine } from "./syscallNumbers.ts";

const load = 0x20;
const jumpEqual = 0x15;
const jumpGreater = 0x25;
const jumpGreaterOrEqual = 0x35;
const jumpAlways = 0x05;
const and = 0x54;
const answer = 0x06;

const numberAt = 0;
const archAt = 4;
const argumentsAt = 16;
const bytesPerArgument = 8;
const bytesPerInstruction = 8;
/** The other numbering that x86-64 takes: the same calls by other numbers. */
const x32Bit = 0x40000000;
const x64Audit = 0xc000003e;
const noSuchCall: Verdict = { does: "refuse", errno: 38 };

interface Instruction {
  readonly code: number;
  /** How many instructions are left out. */
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly operand: number;
}

const plain = (code: number, operand: number): Instruction => ({ code, ifTrue: 0, ifFalse: 0, operand });
const jump = (code: number, operand: number, ifTrue: number, ifFalse: number): Instruction => ({ code, ifTrue, ifFalse, operand });

/** The program's bytes, as `struct sock_filter[]`. */
export function compileFilter(profile: Profile, machine: Machine): Buffer {
  const known = [...machine.calls.values()];
  const program = [
    plain(load, archAt),
    jump(jumpEqual, machine.audit, 1, 0),
    verdict({ does: "kill" }),
    plain(load, numberAt),
    ...(machine.audit === x64Audit ? [jump(jumpGreaterOrEqual, x32Bit, 0, 1), verdict(noSuchCall)] : []),
    // What is younger than the table: as on a kernel that doesn't have it.
    jump(jumpGreater, Math.max(...known), 0, 1),
    verdict(noSuchCall),
    ...rulesByCall(profile, machine).flatMap(([call, rules]) => ofCall(call, rules)),
    verdict(profile.otherwise),
  ];
  return encoded(program);
}

function rulesByCall(profile: Profile, machine: Machine): readonly (readonly [number, readonly Rule[]])[] {
  const byCall = new Map<number, Rule[]>();
  for (const rule of profile.rules) {
    for (const name of rule.names) {
      // A name that this machine doesn't have can't be called either.
      const call = machine.calls.get(name);
      if (call !== undefined) byCall.set(call, [...(byCall.get(call) ?? []), rule]);
    }
  }
  return [...byCall].sort(([a], [b]) => a - b);
}

/** Expects the call's number to be loaded, and leaves it so for the next one. */
function ofCall(call: number, rules: readonly Rule[]): readonly Instruction[] {
  const body: Instruction[] = [];
  for (const rule of rules) {
    body.push(...tested(rule.tests, verdict(rule.verdict)));
    if (rule.tests.length === 0) break;
  }
  if (rules.every(({ tests }) => tests.length > 0)) body.push(plain(load, numberAt));
  // A conditional jump reaches 255 instructions, an unconditional one any number.
  return [jump(jumpEqual, call, 1, 0), plain(jumpAlways, body.length), ...body];
}

/** Does `then` when all tests hold, goes on behind it when one doesn't. */
function tested(tests: readonly ArgumentTest[], then: Instruction): readonly Instruction[] {
  return tests.reduceRight<readonly Instruction[]>((rest, test) => [...testOf(test, rest.length), ...rest], [then]);
}

/** Leaves out `length` instructions when the test doesn't hold. An argument has 64 bits, a step 32: the upper half decides, else the lower one. */
function testOf({ index, operator, value, other }: ArgumentTest, length: number): readonly Instruction[] {
  const low = plain(load, argumentsAt + index * bytesPerArgument);
  const high = plain(load, argumentsAt + index * bytesPerArgument + 4);
  const [lowValue, highValue] = [Number(value & 0xffffffffn), Number(value >> 32n)];
  const out = plain(jumpAlways, length);
  switch (operator) {
    case "==":
      return [high, jump(jumpEqual, highValue, 0, 2), low, jump(jumpEqual, lowValue, 1, 0), out];
    case "!=":
      return [high, jump(jumpEqual, highValue, 0, 3), low, jump(jumpEqual, lowValue, 0, 1), out];
    case ">":
      return [high, jump(jumpGreater, highValue, 4, 0), jump(jumpEqual, highValue, 0, 2), low, jump(jumpGreater, lowValue, 1, 0), out];
    case ">=":
      return [
        high,
        jump(jumpGreater, highValue, 4, 0),
        jump(jumpEqual, highValue, 0, 2),
        low,
        jump(jumpGreaterOrEqual, lowValue, 1, 0),
        out,
      ];
    case "<":
      return [
        high,
        jump(jumpGreater, highValue, 3, 0),
        jump(jumpEqual, highValue, 0, 3),
        low,
        jump(jumpGreaterOrEqual, lowValue, 0, 1),
        out,
      ];
    case "<=":
      return [high, jump(jumpGreater, highValue, 3, 0), jump(jumpEqual, highValue, 0, 3), low, jump(jumpGreater, lowValue, 0, 1), out];
    case "masked==": {
      const [lowOther, highOther] = [Number(other & 0xffffffffn), Number(other >> 32n)];
      const masked = [high, plain(and, highValue), jump(jumpEqual, highOther, 0, 3)];
      return [...masked, low, plain(and, lowValue), jump(jumpEqual, lowOther, 1, 0), out];
    }
    default:
      return assertNever(operator);
  }
}

function verdict(said: Verdict): Instruction {
  switch (said.does) {
    case "allow":
      return plain(answer, 0x7fff0000);
    case "log":
      return plain(answer, 0x7ffc0000);
    case "kill":
      return plain(answer, 0x80000000);
    case "killThread":
      return plain(answer, 0);
    case "refuse":
      return plain(answer, 0x00050000 | (said.errno & 0xffff));
    default:
      return assertNever(said);
  }
}

function encoded(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * bytesPerInstruction);
  for (const [index, { code, ifTrue, ifFalse, operand }] of program.entries()) {
    const at = index * bytesPerInstruction;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(operand, at + 4);
  }
  return bytes;
}
