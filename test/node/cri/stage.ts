/** One node on a private containerd for the cases of a file: begun anew before each, emptied after it. */
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { CriEngine } from "../../../src/host-node/cri/engine.ts";
import type { ContainerConfig, ContainerRuntime } from "../../../src/kubelet/ports/runtime.ts";
import { aContainer, aSandbox } from "../inside/world.ts";
import { image as usualImage, type Machine, makeMachine } from "./world.ts";

export class Stage {
  machine!: Machine;
  engine!: CriEngine;
  runtime!: ContainerRuntime;
  /** How many were begun. */
  pods = 0;

  async begin(cluster: string): Promise<void> {
    this.engine = await this.machine.engine(cluster);
    this.runtime = await this.machine.node(this.engine, "node-1");
  }

  async end(): Promise<void> {
    await this.runtime[Symbol.asyncDispose]();
    this.engine[Symbol.dispose]();
  }

  async started(
    overrides: Partial<ContainerConfig>,
    sandbox: Parameters<typeof aSandbox>[0] = {},
    on: ContainerRuntime = this.runtime,
  ): Promise<{ id: string; sandboxId: string; ip: string }> {
    const { image = usualImage } = overrides;
    this.pods += 1;
    const { id: sandboxId, ip } = await on.sandboxes.run(
      aSandbox({ name: `pod-${this.pods}`, podUid: `uid-${this.engine.cluster}-${this.pods}`, ...sandbox }),
    );
    const found = await on.images.status(image);
    const id = await on.containers.create(sandboxId, aContainer(found?.ref ?? "", { image, ...overrides }));
    await on.containers.start(id);
    return { id, sandboxId, ip };
  }

  /** All that it says until it ends. */
  async output(id: string): Promise<string> {
    let text = "";
    for await (const line of this.runtime.streams.logs(id, { follow: true })) text += Buffer.from(line.text).toString();
    return text;
  }
}

/** For the file that calls it. `prepareRoot`: makes the folder that containerd keeps everything in. */
export function stageOf(cluster: string, prepareRoot?: (path: string) => void): Stage {
  const stage = new Stage();
  beforeAll(async () => {
    stage.machine = await makeMachine(prepareRoot);
  });
  afterAll(async () => await stage.machine[Symbol.asyncDispose]());
  beforeEach(async () => await stage.begin(cluster));
  afterEach(async () => {
    await stage.machine.clear(stage.runtime);
    await stage.end();
  });
  return stage;
}

export const shell = (script: string): Partial<ContainerConfig> => ({ command: ["/bin/sh", "-c", script] });
