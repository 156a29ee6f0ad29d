/** The runtime port's contract on containerd. */
import { afterAll, beforeAll } from "vitest";
import type { CriEngine } from "../../../src/host-node/cri/engine.ts";
import { describeRuntime, type Program } from "../../../src/kubelet/ports/contract.ts";
import { loadedName, type Machine, makeMachine } from "./world.ts";

const shell = (script: string): Program => ({ command: ["sh", "-c", script] });
let machine: Machine;
let engine: CriEngine;
beforeAll(async () => {
  machine = await makeMachine();
  engine = await machine.engine("contract");
});
afterAll(async () => await machine[Symbol.asyncDispose]());

describeRuntime("cri", async () => {
  const runtime = await machine.node(engine, "node-1");
  return {
    runtime,
    image: loadedName,
    programs: {
      server: { ...shell("trap 'exit 0' TERM; echo ready; while :; do sleep 1 & wait $!; done"), saysReady: true },
      failing: shell("exit 7"),
      finishing: shell("exit 0"),
      stubborn: { ...shell('trap "" TERM; echo ready; while :; do sleep 1; done'), saysReady: true },
      talking: shell("echo one; echo two; echo three; exec sleep 1000"),
      missing: { command: ["no-such-program"] },
    },
    cleanUp: async () => await machine.clear(runtime),
  };
});
