/** The runtime port's contract on the embedded runtime. */
import { describeRuntime, type Program } from "../../../src/kubelet/ports/contract.ts";
import { makeWorld } from "./world.ts";

const shell = (script: string): Program => ({ command: ["sh", "-c", script] });

describeRuntime("embedded", async () => {
  const world = await makeWorld();
  return {
    runtime: world.runtime,
    image: "docker.io/kelseyhightower/hello:1.0.0",
    programs: {
      server: {},
      failing: shell("exit 7"),
      finishing: shell("exit 0"),
      stubborn: shell('trap "" TERM; while :; do sleep 1; done'),
      talking: shell("echo one; echo two; echo three; exec sleep 1000"),
      missing: { command: ["no-such-program"] },
    },
    cleanUp: async () => await world[Symbol.asyncDispose](),
  };
});
