import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttp2, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { virtualClock } from "../../testing/virtualClock.ts";
import { wallClock } from "../nodeHost.ts";
import { installPlugin } from "./cni.ts";
import { decode, encode } from "./codec.ts";
import { ContainerLog, rotateLog } from "./containerLog.ts";
import { cniFolders, openEngine } from "./engine.ts";
import { groupDriverOf } from "./groupDriver.ts";
import { GrpcChannel } from "./grpc.ts";
import { RuntimeHealth } from "./health.ts";
import { containerConfig, signalNumber } from "./messages/container.ts";
import { runtimeConfig, status, version } from "./messages/runtimeService.ts";
import { sandboxConfig } from "./messages/sandbox.ts";
import { readLog } from "../logs/readLog.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-cri-unit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

describe("messages", () => {
  it("tell what a runtime honours, and that an older one doesn't tell", () => {
    expect(decode(status.response, Buffer.from("22020801", "hex")).features).toEqual({ supplemental_groups_policy: true });
    expect(decode(status.response, Buffer.from("2200", "hex")).features).toEqual({ supplemental_groups_policy: false });
    expect(decode(status.response, new Uint8Array()).features).toBeUndefined();
  });

  it("are written as protobuf has them", () => {
    expect(Buffer.from(encode(sandboxConfig, { hostname: "web", labels: { a: "b" } })).toString("hex")).toBe("120377656232060a0161120162");
    expect(encode(sandboxConfig, { hostname: "", labels: {} })).toHaveLength(0);
  });

  it("read back as they were, with what was left out at its zero value", () => {
    const bytes = encode(containerConfig, {
      metadata: { name: "main", attempt: 3 },
      command: ["sh", "", "-c"],
      envs: [{ key: "A", value: Buffer.from("grün") }],
      labels: { one: "1", two: "" },
      tty: true,
      linux: {
        resources: { cpu_quota: -1, memory_limit_in_bytes: 2 ** 40 },
        security_context: { run_as_user: { value: 0 }, supplemental_groups: [1, 70_000] },
      },
    });
    const back = decode(containerConfig, bytes);
    expect(back).toMatchObject({
      metadata: { name: "main", attempt: 3 },
      image: undefined,
      command: ["sh", "", "-c"],
      args: [],
      working_dir: "",
      labels: { one: "1", two: "" },
      stdin: false,
      tty: true,
      linux: {
        resources: { cpu_quota: -1, memory_limit_in_bytes: 2 ** 40 },
        security_context: { run_as_user: { value: 0 }, supplemental_groups: [1, 70_000] },
      },
    });
    expect(Buffer.from(back.envs[0]?.value ?? []).toString()).toBe("grün");
  });

  it("count signals as CRI does", () => {
    const names = [
      "SIGABRT",
      "SIGKILL",
      "SIGTERM",
      "SIGUSR1",
      "SIGXFSZ",
      "SIGRTMIN",
      "SIGRTMIN+1",
      "SIGRTMIN+15",
      "SIGRTMAX-14",
      "SIGRTMAX-1",
      "SIGRTMAX",
    ];
    expect(names.map(signalNumber)).toEqual([1, 13, 23, 29, 34, 35, 36, 50, 51, 64, 65]);
    expect([undefined, "", "SIGNONE"].map(signalNumber)).toEqual([0, 0, 0]);
  });

  it("take lists of numbers in the packed form that runtimes send", () => {
    // linux (15) { security_context (2) { supplemental_groups (8): packed 5, 300 } }
    const groups = Buffer.from("420305ac02", "hex");
    const security = Buffer.concat([Buffer.of(0x12, groups.length), groups]);
    expect(
      decode(containerConfig, Buffer.concat([Buffer.of(0x7a, security.length), security])).linux?.security_context?.supplemental_groups,
    ).toEqual([5, 300]);
  });
});

let sockets = 0;
async function socketOf(server: {
  listen(path: string): unknown;
  close(): unknown;
  once(event: "listening", fn: () => void): unknown;
}): Promise<string> {
  sockets += 1;
  const path = join(folder, `${sockets}.sock`);
  const listening = new Promise<void>((resolve) => void server.once("listening", resolve));
  server.listen(path);
  await listening;
  closing.push(() => void server.close());
  return path;
}

/** Answers each path with a message, or with a status and its words. */
function fakeRuntime(answers: Readonly<Record<string, Uint8Array | readonly [number, string]>>): Http2Server {
  const server = createHttp2();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    const answer = answers[String(headers[":path"])] ?? ([12, `unknown service ${String(headers[":path"]).split("/")[1]}`] as const);
    stream.on("error", () => undefined);
    if (!(answer instanceof Uint8Array))
      return stream.respond(
        { ":status": 200, "grpc-status": String(answer[0]), "grpc-message": encodeURIComponent(answer[1]) },
        { endStream: true },
      );
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(answer.length, 1);
    return stream.end(Buffer.concat([head, answer]));
  });
  return server;
}

const open = (socketPath: string): Promise<unknown> =>
  openEngine({ socketPath, cluster: "c", clock: wallClock, log: silentLog, dial: () => Promise.reject(new Error("not dialled")) });

describe("a socket that is no container runtime", () => {
  it("is told by name when nothing is there, or no socket", async () => {
    await expect(open(join(folder, "none.sock"))).rejects.toThrow(
      `there is no socket ${folder}/none.sock: is the container runtime running?`,
    );
    writeFileSync(join(folder, "file"), "");
    await expect(open(join(folder, "file"))).rejects.toThrow(`${folder}/file is not a socket`);
  });

  it("that nobody listens on any more, or that speaks something else", async () => {
    const talker = createServer((socket) => socket.on("error", () => undefined).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(open(await socketOf(talker))).rejects.toThrow("doesn't answer as a container runtime");
  });

  it("offers the older CRI only", async () => {
    const old = await socketOf(fakeRuntime({ "/runtime.v1alpha2.RuntimeService/Version": encode(version.response, {}) }));
    await expect(open(old)).rejects.toThrow("doesn't offer CRI v1 (unknown service runtime.v1.RuntimeService): containerd 1.6 or later");
  });

  it("containerd that leaves control groups to systemd is refused, and told of by either call", async () => {
    const runc = { options: { SystemdCgroup: true } };
    const config = JSON.stringify({ containerd: { defaultRuntimeName: "runc", runtimes: { runc } } });
    const calls = {
      Version: encode(version.response, { runtime_name: "containerd" }),
      Status: encode(status.response, { info: { config } }),
    };
    const told = Object.entries(calls).map(([name, answer]) => [`/runtime.v1.RuntimeService/${name}`, answer] as const);
    await expect(open(await socketOf(fakeRuntime(Object.fromEntries(told))))).rejects.toThrow("containerd asks systemd for control groups");
    using channel = new GrpcChannel(
      await socketOf(fakeRuntime({ [runtimeConfig.path]: encode(runtimeConfig.response, { linux: { cgroup_driver: 1 } }) })),
    );
    expect(await groupDriverOf(channel, { info: { config } })).toBe("cgroupfs");
  });
});

describe("calls", () => {
  it("give the answer, the error in upstream's words, and end in time", async () => {
    const path = await socketOf(
      fakeRuntime({
        [version.path]: encode(version.response, { runtime_name: "fake", runtime_version: "1.2.3" }),
        [status.path]: [5, "no such thing: 100 %"],
      }),
    );
    using channel = new GrpcChannel(path);
    expect(await channel.call(version, {})).toMatchObject({ runtime_name: "fake", runtime_version: "1.2.3", runtime_api_version: "" });
    await expect(channel.call(status, {})).rejects.toThrow("rpc error: code = NotFound desc = no such thing: 100 %");
    const silent = createHttp2();
    silent.on("stream", (stream: ServerHttp2Stream) => stream.on("error", () => undefined));
    silent.on("session", (session) => closing.push(() => session.destroy()));
    using deaf = new GrpcChannel(await socketOf(silent));
    await expect(deaf.call(version, {}, { timeoutMs: 50 })).rejects.toThrow(
      "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
    );
  });
});

describe("the node's health", () => {
  it("tells conditions in upstream's words, and that the runtime is down when it hasn't answered for long", async () => {
    const network = { type: "NetworkReady", status: false, reason: "NetworkPluginNotReady", message: "cni plugin not initialized" };
    const server = fakeRuntime({
      [status.path]: encode(status.response, { status: { conditions: [{ type: "RuntimeReady", status: true }, network] } }),
    });
    using channel = new GrpcChannel(await socketOf(server));
    const clock = virtualClock();
    using health = new RuntimeHealth(channel, clock);
    while (health.problems.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(health.problems).toEqual([
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized",
    ]);
    using gone = new GrpcChannel(join(folder, "gone.sock"));
    using down = new RuntimeHealth(gone, clock);
    expect(down.problems).toEqual([]);
    await clock.advance(31_000);
    expect(down.problems).toEqual(["container runtime is down"]);
  });
});

describe("the CNI plug-in", () => {
  const folders = { config: join(folder, "cni/conf"), plugins: join(folder, "cni/bin") };

  it("is written with its configuration, once", () => {
    installPlugin(folders);
    expect(JSON.parse(readFileSync(join(folders.config, "10-coxswain.conflist"), "utf8"))).toMatchObject({
      plugins: [{ type: "coxswain" }],
    });
    const { mode, mtimeMs } = statSync(join(folders.plugins, "coxswain"));
    expect(mode & 0o777).toBe(0o755);
    installPlugin(folders);
    expect(statSync(join(folders.plugins, "coxswain")).mtimeMs).toBe(mtimeMs);
  });

  it("doesn't push another network aside", () => {
    const other = { ...folders, config: join(folder, "cni/other") };
    mkdirSync(other.config);
    writeFileSync(join(other.config, "10-bridge.conf"), "{}");
    expect(() => installPlugin(other)).toThrow(`the runtime's pod network is configured by ${other.config}/10-bridge.conf`);
  });

  it("goes where containerd says, else where runtimes usually look", () => {
    const told = (config: object): ReturnType<typeof cniFolders> => cniFolders({ info: { config: JSON.stringify(config) } });
    expect(told({ cni: { binDir: "/a", confDir: "/b" } })).toEqual({ config: "/b", plugins: "/a" });
    expect(told({ cni: { binDirs: ["/c", "/d"], confDir: "" } })).toEqual({ config: "/etc/cni/net.d", plugins: "/c" });
    expect(cniFolders({ info: {} })).toEqual({ config: "/etc/cni/net.d", plugins: "/opt/cni/bin" });
  });
});

describe("a log of the runtime's", () => {
  const record = (text: string): string => `2026-11-22T10:00:00.123456789+01:00 stdout F ${text}\n`;

  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

  it("is put aside when it has grown too long, and followed across", async () => {
    const path = join(folder, "logs/0.log");
    mkdirSync(join(folder, "logs"));
    writeFileSync(path, record("one"));
    const append = (file: string, text: string): void => writeFileSync(file, record(text), { flag: "a" });
    const heard: string[] = [];
    const hears = async (count: number): Promise<void> => {
      while (heard.length < count) await turn();
    };
    // The runtime writes to the old file until it has the new one in hand.
    const reopen = async (): Promise<void> => {
      await hears(2);
      append(`${path}.1`, "three");
      await hears(3);
      writeFileSync(path, "");
      await turn();
      append(`${path}.1`, "four");
      append(path, "five");
    };
    expect(await rotateLog(path, reopen)).toBe(false);
    const log = new ContainerLog(path, false);
    const following = (async () => {
      for await (const { text } of readLog(log, { follow: true })) if (text.length < 100) heard.push(Buffer.from(text).toString());
    })();
    await hears(1);
    append(path, "x".repeat(11 << 20));
    append(path, "two");
    expect(await rotateLog(path, reopen)).toBe(true);
    await hears(5);
    log.end();
    await following;
    expect(heard).toEqual(["one\n", "two\n", "three\n", "four\n", "five\n"]);
    const tail: string[] = [];
    for await (const { text } of readLog(new ContainerLog(path, true), { follow: false, tailLines: 2 }))
      tail.push(Buffer.from(text).toString());
    expect(tail).toEqual(["four\n", "five\n"]);
  });

  it("stays begun when only the runtime's answer to it failed", async () => {
    const path = join(folder, "logs/2.log");
    writeFileSync(path, record("x".repeat(11 << 20)));
    const reopen = async (): Promise<void> => {
      writeFileSync(path, record("new"));
      throw new Error("context deadline exceeded");
    };
    await expect(rotateLog(path, reopen)).rejects.toThrow("context deadline exceeded");
    expect(readFileSync(path, "utf8")).toBe(record("new"));
    expect(statSync(`${path}.1`).size).toBeGreaterThan(11 << 20);
  });

  it("stays where it is when the runtime doesn't begin a new one", async () => {
    const path = join(folder, "logs/1.log");
    writeFileSync(path, record("x".repeat(11 << 20)));
    await expect(rotateLog(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(statSync(path).size).toBeGreaterThan(11 << 20);
  });
});
