/**
 * The border between the machine's network and the cluster's, with a real agent process in its namespaces: as root and as an ordinary user. Also what
 * is left when the agent or its parent is killed: nothing.
 */
import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { removeTestGroups } from "./testGroups.ts";
import { insideNamespaces } from "../../src/host-node/agent/namespaces.ts";
import type { ServiceListener } from "../../src/host-node/border/balancer.ts";
import { serveBorder } from "../../src/host-node/border/controlSide.ts";
import type { ServiceRule } from "../../src/proxy/ports/dataPlane.ts";
import { aServiceRule } from "../../src/testing/serviceRules.ts";
import type { FromFixture, ToFixture } from "./agent/messages.ts";
import { fetchText } from "./inside/fetch.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const isRoot = process.getuid?.() === 0;
const users = [...(isRoot ? [{ name: "root", asRoot: true }] : []), { name: "an ordinary user", asRoot: false }];
const address = "127.77.0.1";

describe.each(users)("the border as $name", ({ asRoot }) => {
  const folder = mkdtempSync(join(tmpdir(), "cox-border-"));
  chmodSync(folder, 0o777);
  let agent: Agent;

  beforeAll(() => bundle(folder), 60_000);
  beforeEach(async () => {
    agent = await startAgent(folder, asRoot);
  });
  afterEach(async () => await agent.stop());
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    // Agents are killed here: their control groups stay, and go when the last process has.
    await vi.waitUntil(() => removeTestGroups(folder), { timeout: 10_000 });
  });

  it("serves a LoadBalancer address and a node port, and changes backends at once", async () => {
    await agent.apply([aRule()], ["1.0.0"]);
    expect(await fetchText(`http://${address}:18080/version`)).toBe('{"version":"1.0.0"}');
    expect(await fetchText("http://127.0.0.1:31777/version")).toBe('{"version":"1.0.0"}');
    await agent.apply([aRule()], ["2.0.0"]);
    for (let i = 0; i < 20; i += 1) expect(await fetchText(`http://${address}:18080/version`)).toBe('{"version":"2.0.0"}');
    await agent.apply([], []);
    await expect(fetchText(`http://${address}:18080/version`)).rejects.toThrow("ECONNREFUSED");
  });

  it("resets connections to a Service without backends", async () => {
    await agent.apply([aRule()], []);
    await expect(fetchText(`http://${address}:18080/version`)).rejects.toThrow(/ECONNRESET|socket hang up/);
  });

  it("keeps a client on one backend with affinity", async () => {
    await agent.apply([aRule({ affinitySeconds: 60 })], ["1.0.0", "2.0.0"]);
    const seen = new Set<string>();
    for (let i = 0; i < 12; i += 1) seen.add(await fetchText(`http://${address}:18080/version`));
    expect(seen.size).toBe(1);
  });

  it("takes a high port when the wanted one is in use, and says so", async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(18080, address, resolve));
    await agent.apply([aRule({ nodePort: 0 })], ["1.0.0"]);
    other.close();
    const [listener] = agent.listeners;
    expect(listener).toMatchObject({ rule: "default/hello:http", address, wantedPort: 18080, code: "EADDRINUSE" });
    expect(await fetchText(`http://${address}:${listener?.port}/version`)).toBe('{"version":"1.0.0"}');
  });

  it("hands a listener inside to the control plane", async () => {
    const text = await agent.fetch("http://172.31.1.1:6443/from-inside");
    expect(text).toBe("the control plane saw /from-inside");
  });

  it("ends with all its pods when it is killed, and when its channel closes", async () => {
    const pids = processesUnder(agent.child.pid ?? 0);
    expect(pids.length).toBeGreaterThan(6);
    await agent.stop();
    await gone(pids);
    const second = await startAgent(folder, asRoot);
    const more = processesUnder(second.child.pid ?? 0);
    second.child.disconnect();
    await gone(more);
  });

  it("ends with all its pods when its parent is killed", async () => {
    const parent = fork(join(folder, "parent.cjs"), [folder, asRoot ? "root" : ""], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await new Promise((resolve) => parent.once("message", resolve));
    const pids = processesUnder(parent.pid ?? 0);
    expect(pids.length).toBeGreaterThan(6);
    parent.kill("SIGKILL");
    await gone(pids);
  });
});

interface Agent {
  readonly child: ChildProcess;
  readonly listeners: ServiceListener[];
  apply(rules: readonly ServiceRule[], versions: readonly string[]): Promise<void>;
  fetch(url: string): Promise<string>;
  stop(): Promise<void>;
}

function agentCommand(folder: string, asRoot: boolean): [string, ...string[]] {
  const drop = isRoot && !asRoot ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"] : [];
  return [...drop, ...insideNamespaces([process.execPath, join(folder, "fixture.cjs")], asRoot)] as [string, ...string[]];
}

async function startAgent(folder: string, asRoot: boolean): Promise<Agent> {
  const [file, ...args] = agentCommand(folder, asRoot);
  const env = {
    PATH: process.env["PATH"],
    COX_TEST_FOLDER: folder,
    COX_TEST_PROGRAMS: join(folder, "catalogue"),
    COX_TEST_ROOT: asRoot ? "1" : "",
  };
  const child = spawn(file, args, { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const listeners: ServiceListener[] = [];
  const http = createServer((request, response) => response.end(`the control plane saw ${request.url}`));
  let offered: TcpServer | undefined;
  serveBorder(child, {
    onOffer: (_name, server) => {
      offered = server;
      server.on("connection", (socket) => http.emit("connection", socket));
    },
  });
  const heard = <T extends FromFixture["type"]>(type: T): Promise<FromFixture & { type: T }> =>
    new Promise((resolve, reject) => {
      const onMessage = (message: FromFixture): void => {
        if (message.type !== type) return;
        child.off("message", onMessage);
        resolve(message as FromFixture & { type: T });
      };
      child.on("message", onMessage);
      child.once("exit", (code) => reject(new Error(`the agent ended: ${code}`)));
    });
  child.on("message", (message: FromFixture) => {
    if (message.type === "listener") listeners.push(message.listener);
  });
  const say = (message: ToFixture): void => void child.send(message);
  await heard("ready");
  return {
    child,
    listeners,
    async apply(rules, versions) {
      const applied = heard("applied");
      say({ type: "rules", rules, versions });
      await applied;
    },
    async fetch(url) {
      const fetched = heard("fetched");
      say({ type: "fetch", url });
      return (await fetched).text;
    },
    async stop() {
      offered?.close();
      http.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const aRule = (parts: Partial<ServiceRule> = {}): ServiceRule =>
  aServiceRule({ id: "default/hello:http", port: 18080, nodePort: 31_777, loadBalancerIPs: [address], ...parts });

/** The agent, the catalogue's programs, and a parent to be killed. */
function bundle(folder: string): void {
  const esbuild = join(root, "node_modules/.bin/esbuild");
  const format = ["--bundle", "--platform=node", "--target=node20", "--format=cjs", "--out-extension:.js=.cjs", "--log-level=warning"];
  execFileSync(esbuild, ["src/catalogue/hello.ts", ...format, `--outdir=${join(folder, "catalogue")}`], { cwd: root });
  execFileSync(esbuild, ["test/node/agent/fixture.ts", ...format, `--outdir=${folder}`], { cwd: root });
  const parent = `
    const { spawn } = require("node:child_process");
    const [file, ...args] = ${JSON.stringify([agentCommand(folder, true), agentCommand(folder, false)])}[process.argv[3] === "root" ? 0 : 1];
    const env = { PATH: process.env.PATH, COX_TEST_FOLDER: process.argv[2], COX_TEST_PROGRAMS: process.argv[2] + "/catalogue", COX_TEST_ROOT: process.argv[3] === "root" ? "1" : "" };
    const child = spawn(file, args, { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (message) => { if (message.type === "ready") process.send("ready"); });`;
  writeFileSync(join(folder, "parent.cjs"), parent);
  for (const name of readdirSync(folder, { recursive: true }) as string[]) chmodSync(join(folder, name), 0o755);
}

/** All processes below `pid`, with their start times: a pid alone could be somebody else's by now. */
function processesUnder(pid: number): readonly string[] {
  const found: string[] = [];
  const visit = (each: number): void => {
    found.push(`${each} ${startOf(each)}`);
    for (const task of readdirSync(`/proc/${each}/task`)) {
      const children = readFileSync(`/proc/${each}/task/${task}/children`, "utf8").split(" ").filter(Boolean);
      for (const child of children) visit(Number(child));
    }
  };
  visit(pid);
  return found;
}

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")")).split(" ")[20] ?? "";
}

async function gone(processes: readonly string[]): Promise<void> {
  const end = Date.now() + 5000;
  while (processes.some(isAlive)) {
    if (Date.now() > end) throw new Error(`still there: ${processes.filter(isAlive).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isAlive(entry: string): boolean {
  try {
    const [pid, start] = entry.split(" ");
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return startOf(Number(pid)) === start && !stat.includes(") Z ");
  } catch {
    return false;
  }
}

describe("connect and half-close", () => {
  it("is tested through a server that answers only after the client's end", async () => {
    // Plain sockets, no border: the relay's promise in one place.
    const { Relay } = await import("../../src/host-node/dataplane/relay.ts");
    const backend = createTcpServer({ allowHalfOpen: true }, (socket) => {
      let size = 0;
      socket.on("data", (data) => (size += data.length));
      socket.on("end", () => socket.end(`got ${size}`));
    });
    await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
    const port = (backend.address() as { port: number }).port;
    const { nodeHost } = await import("../../src/host-node/nodeHost.ts");
    const relay = new Relay(nodeHost(), { backends: [{ ip: "127.0.0.1", port, nodeName: "", podName: "" }], affinitySeconds: 0 });
    const front = createTcpServer({ allowHalfOpen: true }, (socket) => relay.accept(socket));
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    const client = connect({ port: (front.address() as { port: number }).port, host: "127.0.0.1" });
    client.end(Buffer.alloc(5_000_000));
    let text = "";
    for await (const data of client) text += String(data);
    expect(text).toBe("got 5000000");
    front.close();
    backend.close();
  });
});
