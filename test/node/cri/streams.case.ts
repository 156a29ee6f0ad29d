/** Exec, attach and port-forward through containerd's streaming server, and what clients leave behind. */
import { describe, expect, it } from "vitest";
import { until } from "../inside/world.ts";
import { peer } from "./peer.ts";
import { shell, stageOf } from "./stage.ts";

const stage = stageOf("streams");

describe("streams", () => {
  it("exec: both outputs, input to its end, the exit code", async () => {
    const { id } = await stage.started({});
    const to = peer();
    to.say(0, "one\ntwo\n");
    to.say(0, null);
    const options = { command: ["/bin/sh", "-c", "cat; echo oops >&2; exit 5"], stdin: true, stdout: true, stderr: true, tty: false };
    await stage.runtime.streams.exec(id, options, to.session);
    expect(to.heard.get(1)).toBe("one\ntwo\n");
    expect(to.heard.get(2)).toBe("oops\n");
    expect(JSON.parse(to.heard.get(3) ?? "")).toMatchObject({ status: "Failure", reason: "NonZeroExitCode" });
  });

  it("exec with a terminal of the client's size", async () => {
    const { id } = await stage.started({});
    const to = peer();
    to.say(4, JSON.stringify({ Width: 91, Height: 17 }));
    const script = "until [ \"$(stty size)\" = '17 91' ]; do sleep 0.05; done; tty; exit 0";
    await stage.runtime.streams.exec(
      id,
      { command: ["/bin/sh", "-c", script], stdin: true, stdout: true, stderr: true, tty: true },
      to.session,
    );
    expect(JSON.parse(to.heard.get(3) ?? "")).toMatchObject({ status: "Success" });
  });

  it("carries ten megabytes each way unchanged", async () => {
    const { id } = await stage.started({});
    const to = peer();
    const block = "0123456789abcdef".repeat(4096);
    for (let n = 0; n < 160; n += 1) to.say(0, block);
    to.say(0, null);
    await stage.runtime.streams.exec(id, { command: ["/bin/cat"], stdin: true, stdout: true, stderr: true, tty: false }, to.session);
    expect(to.heard.get(1)).toBe(block.repeat(160));
  });

  it("execSync: outputs, code, and a limit of time", async () => {
    const { id } = await stage.started({});
    const done = await stage.runtime.streams.execSync(id, ["/bin/sh", "-c", "echo out; echo err >&2; exit 4"], 5000);
    expect({ ...done, stdout: Buffer.from(done.stdout).toString(), stderr: Buffer.from(done.stderr).toString() }).toEqual({
      exitCode: 4,
      stdout: "out\n",
      stderr: "err\n",
      timedOut: false,
    });
    expect(await stage.runtime.streams.execSync(id, ["/bin/sleep", "100"], 1000)).toMatchObject({ timedOut: true });
  });

  it("attach: what it says from now on, and what it is told", async () => {
    const { id } = await stage.started({ ...shell('while read line; do echo "got $line"; done'), stdin: true, stdinOnce: true });
    const to = peer();
    const attached = stage.runtime.streams.attach(id, { stdin: true, stdout: true, stderr: true, tty: false }, to.session);
    to.say(0, "hello\n");
    await until(() => to.heard.get(1) === "got hello\n");
    to.say(0, null);
    await attached;
    await until(async () => (await stage.runtime.containers.status(id))?.state === "exited");
    expect(to.heard.get(1)).toBe("got hello\n");
  });

  it("port-forward reaches a server that listens on the pod's loopback only", async () => {
    const { id, sandboxId } = await stage.started(shell("echo inside >/tmp/index.html; exec httpd -f -p 127.0.0.1:8080 -h /tmp"));
    await until(
      async () => (await stage.runtime.streams.execSync(id, ["/bin/wget", "-qO-", "http://127.0.0.1:8080"], 5000)).exitCode === 0,
    );
    const to = peer();
    to.say(0, "GET / HTTP/1.0\r\n\r\n");
    await stage.runtime.streams.portForward(sandboxId, 8080, to.session);
    expect(to.heard.get(0)).toContain("inside\n");
    const nobody = peer();
    nobody.say(0, "x");
    await stage.runtime.streams.portForward(sandboxId, 9, nobody.session);
    expect(nobody.heard.get(1)).toContain("connection refused");
  });
});

describe("a client of exec that vanishes", () => {
  const options = { stdin: true, stdout: true, stderr: true };
  /** The container's processes as `ps` in it shows them. */
  const processes = async (id: string): Promise<string> =>
    Buffer.from((await stage.runtime.streams.execSync(id, ["/bin/ps", "-o", "args"], 5000)).stdout).toString();
  const counted = async (id: string, text: string): Promise<number> => (await processes(id)).split(`${text}\n`).length - 1;

  it.each([
    ["a plain command", false],
    ["a terminal", true],
  ])("leaves no process: %s", async (_name, tty) => {
    const { id } = await stage.started({});
    const to = peer();
    const script = "trap '' HUP TERM INT PIPE; (sleep 3001 & sleep 3002 & wait) & echo here; sleep 3003; sleep 3004";
    const session = stage.runtime.streams.exec(id, { ...options, stderr: !tty, tty, command: ["/bin/sh", "-c", script] }, to.session);
    await until(() => to.heard.get(1)?.includes("here") === true);
    await until(async () => (await counted(id, "sleep 3003")) === 1);
    to.leave();
    await session;
    await until(async () => !(await processes(id)).includes("300"));
    expect(await stage.runtime.containers.status(id)).toMatchObject({ state: "running" });
  });

  it("leaves none either when it goes before the command has begun", async () => {
    const { id } = await stage.started({});
    const to = peer();
    const session = stage.runtime.streams.exec(id, { ...options, tty: false, command: ["/bin/sleep", "3005"] }, to.session);
    to.leave();
    await session;
    expect(await counted(id, "sleep 3005")).toBe(0);
  });

  it("takes only its own along, of several with the same command at once", async () => {
    const { id } = await stage.started({}, { shareProcessNamespace: true });
    const peers = [peer(), peer(), peer()];
    const command = ["/bin/sh", "-c", "echo here; cat; exec sleep 3006"];
    const sessions = peers.map((to) => stage.runtime.streams.exec(id, { ...options, tty: false, command }, to.session));
    await until(() => peers.every(({ heard }) => heard.get(1) === "here\n"));
    expect(await counted(id, command.join(" "))).toBe(3);
    peers[1]?.leave();
    await sessions[1];
    expect(await counted(id, command.join(" "))).toBe(2);
    for (const at of [0, 2]) {
      peers[at]?.say(0, `still ${at}\n`);
      await until(() => peers[at]?.heard.get(1) === `here\nstill ${at}\n`);
      peers[at]?.leave();
      await sessions[at];
    }
    expect(await counted(id, command.join(" "))).toBe(0);
  });

  it("doesn't hold up others with a command that has ended at once and left its outputs to another", async () => {
    const { id } = await stage.started({});
    const [to, next] = [peer(), peer()];
    const left = stage.runtime.streams.exec(id, { ...options, tty: false, command: ["/bin/sh", "-c", "sleep 3008 & exit 0"] }, to.session);
    await until(async () => (await counted(id, "sleep 3008")) === 1);
    await stage.runtime.streams.exec(id, { ...options, tty: false, command: ["/bin/echo", "next"] }, next.session);
    expect(next.heard.get(1)).toBe("next\n");
    to.leave();
    await left;
  });

  it("a command that ended by itself leaves what it put into the background", async () => {
    const { id } = await stage.started({});
    const to = peer();
    const script = "sleep 3007 >/dev/null 2>&1 </dev/null & exit 0";
    await stage.runtime.streams.exec(id, { ...options, tty: false, command: ["/bin/sh", "-c", script] }, to.session);
    expect(JSON.parse(to.heard.get(3) ?? "")).toMatchObject({ status: "Success" });
    expect(await counted(id, "sleep 3007")).toBe(1);
  });
});
