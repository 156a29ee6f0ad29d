/** What every container runtime must do, as cases run against each adapter. What an adapter can't do it leaves out of `programs`, with a reason. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ContainerConfig, type ContainerRuntime, type ContainerStatus, type PodSandboxConfig, StartError } from "./runtime.ts";

/** How to get a behaviour out of this runtime: by what is run, or by annotations of its sandbox. */
export interface Program {
  readonly command?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Writes a line once it listens to signals: a real kernel drops those that process 1 has no handler for yet. */
  readonly saysReady?: boolean;
}

/** An adapter, and what it needs for the cases. */
export interface RuntimeUnderTest {
  readonly runtime: ContainerRuntime;
  /** Can be pulled, and runs the programs. */
  readonly image: string;
  readonly programs: {
    /** Runs until it is told to stop, then ends at once with code 0. */
    readonly server: Program;
    /** Ends with code 7 by itself, soon. */
    readonly failing: Program;
    /** Ends with code 0 by itself, soon. */
    readonly finishing: Program;
    /** Doesn't listen to the stop signal. */
    readonly stubborn: Program;
    /** Writes the lines `one`, `two` and `three`, then runs on. */
    readonly talking: Program;
    /** Can't be started. */
    readonly missing: Program;
  };
  /** Removes what the runtime left behind. */
  readonly cleanUp?: () => Promise<void>;
}

const patienceMs = 15_000;
const decoder = new TextDecoder();
let made = 0;

function sandboxConfig(program: Program): PodSandboxConfig {
  made += 1;
  return {
    podUid: `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`,
    name: `pod-${made}`,
    namespace: "default",
    attempt: 0,
    nodeName: "node-1",
    hostname: `pod-${made}`,
    dns: { servers: [], searches: [], options: [] },
    hostNetwork: false,
    hostPid: false,
    shareProcessNamespace: false,
    hostAliases: [],
    labels: {},
    annotations: program.annotations ?? {},
    ports: [],
    cgroup: { parent: `/kubepods/besteffort/pod${made}`, cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 0 },
  };
}

function containerConfig(program: Program, image: string, imageRef: string): ContainerConfig {
  return {
    name: "main",
    attempt: 0,
    image,
    imageRef,
    command: program.command ?? [],
    args: [],
    workingDir: "",
    env: [{ name: "GREETING", value: "hello" }],
    mounts: [],
    stdin: false,
    stdinOnce: false,
    tty: false,
    security: {
      readOnlyRootFilesystem: false,
      privileged: false,
      noNewPrivileges: false,
      capabilities: { add: [], drop: [] },
      seccomp: "",
    },
    resources: { cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, oomScoreAdj: 0 },
    terminationMessagePath: "/dev/termination-log",
    labels: {},
    annotations: {},
  };
}

/** Nothing that a program would feel. */
const otherLimits = { cpuShares: 1024, cpuQuotaMillis: 900, memoryLimitBytes: 512 * 1024 * 1024, oomScoreAdj: 0 };

class Stage {
  readonly subject: RuntimeUnderTest;
  constructor(subject: RuntimeUnderTest) {
    this.subject = subject;
  }
  get runtime(): ContainerRuntime {
    return this.subject.runtime;
  }

  /** A sandbox and a container in it, created but not started. */
  async created(program: Program): Promise<{ sandboxId: string; id: string }> {
    const { image } = this.subject;
    const sandbox = await this.runtime.sandboxes.run(sandboxConfig(program));
    const options = { podUid: sandbox.config.podUid, signal: new AbortController().signal, secrets: [] };
    const { ref } = (await this.runtime.images.status(image)) ?? (await this.runtime.images.pull(image, options));
    return { sandboxId: sandbox.id, id: await this.runtime.containers.create(sandbox.id, containerConfig(program, image, ref)) };
  }

  async started(program: Program): Promise<{ sandboxId: string; id: string }> {
    const container = await this.created(program);
    await this.start(container.id, program);
    return container;
  }

  async start(id: string, program: Program): Promise<void> {
    await this.runtime.containers.start(id);
    if (program.saysReady === true) await read(this, id, { follow: true, until: 1 });
  }

  async status(id: string): Promise<ContainerStatus> {
    const status = await this.runtime.containers.status(id);
    if (status === undefined) throw new Error(`the runtime doesn't know container ${id}`);
    return status;
  }

  /** Waits for its exit event, or sees that it is over. */
  async ended(id: string): Promise<ContainerStatus> {
    let over: (() => void) | undefined;
    const told = new Promise<void>((resolve) => {
      over = resolve;
    });
    using _subscription = this.runtime.containers.onEvent((event) => {
      if (event.containerId === id && event.type === "exited") over?.();
    });
    if ((await this.status(id)).state !== "exited") await told;
    return await this.status(id);
  }
}

/** `make` is called for each case; what it gives is disposed of after it. */
export function describeRuntime(name: string, make: () => Promise<RuntimeUnderTest>): void {
  describe(`runtime contract: ${name}`, { timeout: patienceMs }, () => {
    let stage: Stage;
    beforeEach(async () => {
      stage = new Stage(await make());
    }, patienceMs);
    afterEach(async () => {
      await stage.runtime[Symbol.asyncDispose]();
      await stage.subject.cleanUp?.();
    }, patienceMs);
    describeSandboxes(() => stage);
    describeLives(() => stage);
    describeStops(() => stage);
    describeStreams(() => stage);
    describeImages(() => stage);
  });
}

function describeSandboxes(at: () => Stage): void {
  describe("sandboxes", () => {
    test("each has an address of its own; stopped and removed any number of times", async () => {
      const { runtime, subject } = at();
      const one = await runtime.sandboxes.run(sandboxConfig(subject.programs.server));
      const two = await runtime.sandboxes.run(sandboxConfig(subject.programs.server));
      expect(one.state).toBe("ready");
      expect(one.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(one.ip).not.toBe(two.ip);
      expect((await runtime.sandboxes.list()).map((sandbox) => sandbox.id).sort()).toEqual([one.id, two.id].sort());
      await runtime.sandboxes.stop(one.id);
      await runtime.sandboxes.stop(one.id);
      const states = new Map((await runtime.sandboxes.list()).map((sandbox) => [sandbox.id, sandbox.state]));
      expect([states.get(one.id), states.get(two.id)]).toEqual(["notReady", "ready"]);
      await runtime.sandboxes.remove(one.id);
      await runtime.sandboxes.remove(one.id);
      await runtime.sandboxes.remove(two.id);
      expect(await runtime.sandboxes.list()).toEqual([]);
    });

    test("what runs in it ends with it", async () => {
      const stage = at();
      const { id, sandboxId } = await stage.started(stage.subject.programs.stubborn);
      await stage.runtime.sandboxes.stop(sandboxId);
      expect((await stage.ended(id)).exitCode).toBe(137);
    });
  });
}

function describeLives(at: () => Stage): void {
  describe("a container's life", () => {
    test("created, running, exited, gone; with an event for start and exit", async () => {
      const stage = at();
      const { containers } = stage.runtime;
      const { id, sandboxId } = await stage.created(stage.subject.programs.server);
      const told: string[] = [];
      using _subscription = containers.onEvent((event) => told.push(`${event.type} ${event.containerId} ${event.sandboxId}`));
      expect((await stage.status(id)).state).toBe("created");
      await stage.start(id, stage.subject.programs.server);
      const running = await stage.status(id);
      expect(running).toMatchObject({ state: "running", name: "main", attempt: 0, sandboxId, image: stage.subject.image });
      expect(running.startedAtMs).toBeGreaterThan(0);
      expect((await containers.list()).map((container) => container.id)).toEqual([id]);
      await containers.stop(id, 10_000);
      const exited = await stage.status(id);
      expect(exited).toMatchObject({ state: "exited", exitCode: 0, reason: "Completed" });
      expect(exited.finishedAtMs).toBeGreaterThanOrEqual(running.startedAtMs);
      expect(told).toEqual([`started ${id} ${sandboxId}`, `exited ${id} ${sandboxId}`]);
      await containers.remove(id);
      await containers.remove(id);
      expect(await containers.status(id)).toBeUndefined();
    });

    test("an exit code other than zero is an Error", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.failing);
      expect(await stage.ended(id)).toMatchObject({ exitCode: 7, signal: 0, reason: "Error" });
    });

    test("zero is Completed", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.finishing);
      expect(await stage.ended(id)).toMatchObject({ exitCode: 0, reason: "Completed" });
    });

    test("a program that can't be executed: StartError", async () => {
      const stage = at();
      const { id } = await stage.created(stage.subject.programs.missing);
      await expect(stage.runtime.containers.start(id)).rejects.toBeInstanceOf(StartError);
      expect((await stage.status(id)).state).not.toBe("running");
    });

    test("removing a running container ends it", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.server);
      await stage.runtime.containers.remove(id);
      expect(await stage.runtime.containers.list()).toEqual([]);
    });

    test("a running container and its pod can be given other limits, an unknown one can't", async () => {
      const stage = at();
      const { containers, sandboxes } = stage.runtime;
      const { id, sandboxId } = await stage.started(stage.subject.programs.server);
      const { config } = (await sandboxes.list()).find((one) => one.id === sandboxId) ?? {};
      if (config === undefined) throw new Error("the sandbox isn't listed");
      await sandboxes.resize(sandboxId, { ...config.cgroup, ...otherLimits });
      await containers.resize(id, otherLimits);
      expect(await stage.status(id)).toMatchObject({ state: "running", attempt: 0 });
      await expect(containers.resize("unknown", otherLimits)).rejects.toBeInstanceOf(Error);
      await expect(sandboxes.resize("unknown", config.cgroup)).rejects.toBeInstanceOf(Error);
    });

    test("a running container has statistics", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.server);
      const stats = await stage.runtime.stats();
      expect(stats.find((one) => one.containerId === id)?.memoryBytes).toBeGreaterThan(0);
    });
  });
}

function describeStops(at: () => Stage): void {
  describe("stopping", () => {
    test("any number of times, also when it is over or unknown", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.server);
      await Promise.all([stage.runtime.containers.stop(id, 5000), stage.runtime.containers.stop(id, 5000)]);
      await stage.runtime.containers.stop(id, 5000);
      await stage.runtime.containers.stop("unknown", 0);
      expect((await stage.status(id)).state).toBe("exited");
    });

    test("what doesn't listen is killed when the grace is over: 137", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.stubborn);
      await stage.runtime.containers.stop(id, 200);
      expect(await stage.status(id)).toMatchObject({ state: "exited", exitCode: 137, reason: "Error" });
    });

    test("a second stop with less grace shortens the first", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.stubborn);
      const first = stage.runtime.containers.stop(id, 60_000);
      await stage.runtime.containers.stop(id, 100);
      await first;
      expect((await stage.status(id)).exitCode).toBe(137);
    });
  });
}

async function read(stage: Stage, id: string, options: { follow?: boolean; tailLines?: number; until?: number }): Promise<string> {
  const stop = new AbortController();
  let text = "";
  for await (const line of stage.runtime.streams.logs(id, { follow: options.follow === true, ...options, signal: stop.signal })) {
    text += decoder.decode(line.text);
    if (options.until !== undefined && text.split("\n").length > options.until) stop.abort();
  }
  return text;
}

function describeStreams(at: () => Stage): void {
  describe("streams", () => {
    test("a log is followed, and read from its end", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.talking);
      expect(await read(stage, id, { follow: true, until: 3 })).toBe("one\ntwo\nthree\n");
      expect(await read(stage, id, { tailLines: 1 })).toBe("three\n");
      expect(await read(stage, id, { tailLines: 0 })).toBe("");
    });

    test("following ends with the container; its log stays", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.talking);
      const following = read(stage, id, { follow: true });
      await read(stage, id, { follow: true, until: 1 });
      await stage.runtime.containers.stop(id, 0);
      await following;
      expect(await read(stage, id, {})).toContain("one\n");
    });

    test("an ended container runs no commands", async () => {
      const stage = at();
      const { id } = await stage.started(stage.subject.programs.finishing);
      await stage.ended(id);
      await expect(stage.runtime.streams.execSync(id, ["true"], 1000)).rejects.toBeInstanceOf(Error);
    });
  });
}

function describeImages(at: () => Stage): void {
  test("an image is there once it has been pulled", async () => {
    const { runtime, subject } = at();
    const options = { podUid: "", signal: new AbortController().signal, secrets: [] };
    const pulled = await runtime.images.pull(subject.image, options);
    expect(pulled.ref).not.toBe("");
    expect(await runtime.images.status(subject.image)).toMatchObject({ ref: pulled.ref });
    expect((await runtime.images.list()).some((one) => one.names.includes(subject.image) && one.sizeBytes > 0)).toBe(true);
  });
}
