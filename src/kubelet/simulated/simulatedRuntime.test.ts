import { expect, test } from "vitest";
import type { Clock } from "../../base/clock.ts";
import { seededRng } from "../../base/rng.ts";
import { describeRuntime, type Program } from "../ports/contract.ts";
import { Addresses } from "./addresses.ts";
import { outcomeAt, parseProbeScript } from "./probeScript.ts";
import { containerScript, promptProfile } from "./script.ts";
import { createSimulation } from "./simulation.ts";
import { execAnswer } from "./simulatedStreams.ts";

const wallClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
const annotated = (annotations: Record<string, string>): Program => ({
  annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`simulate.coxswain.dev/${key}`, value])),
});

describeRuntime("simulated", () => {
  const simulation = createSimulation({ clock: wallClock, rng: seededRng(1) });
  return Promise.resolve({
    runtime: simulation.node("10.244.9.0/24").runtime,
    image: "some/image:1",
    programs: {
      server: {},
      failing: annotated({ "run-for": "20ms", "exit-code": "7" }),
      finishing: annotated({ "run-for": "20ms" }),
      stubborn: annotated({ "stop-delay": "1h" }),
      talking: annotated({ logs: "one\ntwo\nthree" }),
      missing: annotated({ "start-error": "127: no such file" }),
    },
    cleanUp: async () => simulation[Symbol.dispose](),
  });
});

test("addresses are unique and come back only when all have been used", () => {
  const addresses = new Addresses("10.244.3.0/29");
  const all = [1, 2, 3, 4, 5].map(() => addresses.take());
  expect(all).toEqual(["10.244.3.2", "10.244.3.3", "10.244.3.4", "10.244.3.5", "10.244.3.6"]);
  expect(() => addresses.take()).toThrow("no address is free");
  addresses.free("10.244.3.4");
  expect(addresses.take()).toBe("10.244.3.4");
  expect(() => new Addresses("fd00::/64")).toThrow("no IPv4 range");
});

test.each([
  ["/readiness=503,200@5s,503@1m", ["/readiness"], 0, "503"],
  ["/readiness=503,200@5s,503@1m", ["/readiness"], 5000, "200"],
  ["/readiness=503,200@5s,503@1m", ["/readiness"], 60_000, "503"],
  ["/readiness=503", ["/healthz"], 0, undefined],
  ["*=fail@10s", ["exec"], 9999, undefined],
  ["*=fail@10s", ["exec"], 10_000, "fail"],
  ["tcp:5432=refused,ok@2s | exec=1", ["tcp:5432", "tcp"], 1000, "refused"],
  ["tcp:5432=refused,ok@2s | exec=1", ["exec"], 0, "1"],
] as const)("probe script %s for %s after %d ms: %s", (script, targets, elapsedMs, outcome) => {
  expect(outcomeAt(parseProbeScript(script), targets, elapsedMs)).toBe(outcome);
});

test.each(["nonsense", "/x=maybe", "/x=200@soon"])("probe script %s is refused", (script) => {
  expect(() => parseProbeScript(script)).toThrow("probe script");
});

test("annotations of one container come before those of the pod, which come before the profile", () => {
  const { annotations = {} } = annotated({ "run-for": "1m", "run-for.main": "5s", cpu: "250m", memory: "1Mi" });
  expect(containerScript(annotations, "main", promptProfile)).toMatchObject({
    runForMs: 5000,
    cpuMillis: 250,
    memoryBytes: 1 << 20,
    stopDelayMs: 0,
  });
  expect(containerScript(annotations, "other", { ...promptProfile, stopDelayMs: 7 })).toMatchObject({ runForMs: 60_000, stopDelayMs: 7 });
  expect(() => containerScript(annotated({ "start-delay": "soon" }).annotations ?? {}, "main", promptProfile)).toThrow(
    'annotation simulate.coxswain.dev/start-delay: "soon" is no duration such as 1m30s',
  );
});

test("exec prints what was scripted, or the command", () => {
  const script = "cat /etc/version => 1.2.3\nfalse => exit 1\nmake => exit 2: nothing to do";
  expect(execAnswer(script, ["cat", "/etc/version"])).toEqual({ exitCode: 0, output: "1.2.3\n" });
  expect(execAnswer(script, ["false"])).toEqual({ exitCode: 1, output: "" });
  expect(execAnswer(script, ["make"])).toEqual({ exitCode: 2, output: "nothing to do\n" });
  expect(execAnswer(script, ["echo", "hi"])).toEqual({ exitCode: 0, output: "echo hi\n" });
});
