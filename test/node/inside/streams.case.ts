import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StreamFrame, StreamSession } from "../../../src/machinery/http.ts";
import { aContainer, aSandbox, exited, makeWorld, outputOf, pull, runShell, until, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => await world[Symbol.asyncDispose]());

/** The client's end of a session: what it sends, and what came back by channel. */
class Client implements StreamSession {
  readonly received: Buffer[][] = [[], [], [], [], []];
  closed = false;
  readonly #frames: StreamFrame[] = [];
  #wake: (() => void) | undefined;
  #left = false;

  say(channel: number, data: string | Uint8Array | null): void {
    this.#frames.push({ channel, data: typeof data === "string" ? Buffer.from(data) : data });
    this.#wake?.();
  }

  leave(): void {
    this.#left = true;
    this.#wake?.();
  }

  readonly incoming: AsyncIterable<StreamFrame> = this.#take();

  async *#take(): AsyncIterable<StreamFrame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) yield frame;
      else if (this.#left) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async send(frame: StreamFrame): Promise<void> {
    if (frame.data !== null) this.received[frame.channel]?.push(Buffer.from(frame.data));
  }

  close(): void {
    this.closed = true;
    this.leave();
  }

  text(channel: number): string {
    return Buffer.concat(this.received[channel] ?? []).toString();
  }
}

const plain = { stdin: false, stdout: true, stderr: true, tty: false };

describe("exec", () => {
  it("keeps streams apart and tells the exit code in the closing status", async () => {
    const id = await runShell(world, "sleep 1000");
    const client = new Client();
    await world.runtime.streams.exec(id, { ...plain, command: ["sh", "-c", "echo out; echo err >&2; exit 5"] }, client);
    expect(client.text(1)).toBe("out\n");
    expect(client.text(2)).toBe("err\n");
    expect(JSON.parse(client.text(3))).toMatchObject({
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "5" }] },
    });
    expect(client.closed).toBe(true);
    const good = new Client();
    await world.runtime.streams.exec(id, { ...plain, command: ["true"] }, good);
    expect(JSON.parse(good.text(3))).toMatchObject({ status: "Success" });
    await world.runtime.containers.stop(id, 0);
  });

  it("passes stdin through to its end, whole", async () => {
    const id = await runShell(world, "sleep 1000");
    const client = new Client();
    const data = Buffer.alloc(3_000_000, "coxswain ");
    for (let i = 0; i < data.length; i += 60_000) client.say(0, data.subarray(i, i + 60_000));
    client.say(0, null);
    await world.runtime.streams.exec(id, { ...plain, stdin: true, command: ["sh", "-c", "tee /tmp/copy | sha256sum"] }, client);
    expect(client.text(1)).toContain(createHash("sha256").update(data).digest("hex"));
    await world.runtime.containers.stop(id, 0);
  });

  it("gives a terminal with the client's size", async () => {
    const id = await runShell(world, "sleep 1000");
    const client = new Client();
    const running = world.runtime.streams.exec(id, { stdin: true, stdout: true, stderr: false, tty: true, command: ["sh"] }, client);
    client.say(4, JSON.stringify({ Width: 101, Height: 33 }));
    client.say(0, "until [ \"$(stty size)\" = '33 101' ]; do sleep 0.02; done; [ -t 0 ] && echo size-$(stty size | tr ' ' x)\n");
    await until(() => client.text(1).includes("size-33x101"));
    client.say(0, "exit 9\n");
    await running;
    expect(JSON.parse(client.text(3))).toMatchObject({ details: { causes: [{ message: "9" }] } });
    await world.runtime.containers.stop(id, 0);
  });

  it.each([undefined, 1234])("names the terminal and gives it to the user (%s)", async (runAsUser) => {
    const security = { ...aContainer("").security, runAsUser };
    const id = await runShell(world, "sleep 1000", { security });
    const client = new Client();
    const script = "tty; test -t 0 && ls -ln $(tty) && ps -o tty= -p $$ && echo opened >$(tty)";
    await world.runtime.streams.exec(id, { ...plain, stderr: false, tty: true, command: ["sh", "-c", script] }, client);
    const [name, listed, shown, opened] = client.text(1).split("\r\n");
    expect([name, listed?.split(/ +/)[2], shown?.trim(), opened]).toEqual(["/dev/pts/0", String(runAsUser ?? 0), "pts/0", "opened"]);
    expect(JSON.parse(client.text(3))).toMatchObject({ status: "Success" });
    await world.runtime.containers.stop(id, 0);
  });

  it("has terminals beside each other, a whole container's own among them", async () => {
    const id = await runShell(world, "tty; sleep 1000", { tty: true, stdin: true });
    const client = new Client();
    await world.runtime.streams.exec(id, { ...plain, stderr: false, tty: true, command: ["sh", "-c", "tty; ls /dev/pts"] }, client);
    expect(client.text(1).split(/\s+/).filter(Boolean)).toEqual(["/dev/pts/1", "0", "1", "ptmx"]);
    await world.runtime.containers.stop(id, 0);
    expect(await outputOf(world, id)).toBe("/dev/pts/0\r\n");
  });

  it.each([false, true])("ends the command when the client leaves (terminal: %s)", async (tty) => {
    const id = await runShell(world, "sleep 1000");
    const client = new Client();
    const running = world.runtime.streams.exec(
      id,
      { ...plain, stderr: !tty, tty, stdin: tty, command: ["sh", "-c", "sleep 4242; true"] },
      client,
    );
    const listed = async (): Promise<boolean> => {
      const { stdout } = await world.runtime.streams.execSync(id, ["ps", "ax"], 5000);
      return Buffer.from(stdout).toString().includes("sleep 4242");
    };
    await until(listed);
    client.leave();
    await running;
    await until(async () => !(await listed()));
    expect(await world.runtime.containers.status(id)).toMatchObject({ state: "running" });
    await world.runtime.containers.stop(id, 0);
  });
});

describe("attach", () => {
  it("reaches the running program's own streams", async () => {
    const id = await runShell(world, 'while read -r line; do echo "got $line"; [ "$line" = end ] && exit 4; done', { stdin: true });
    const client = new Client();
    const running = world.runtime.streams.attach(id, { ...plain, stdin: true }, client);
    client.say(0, "one\n");
    await until(() => client.text(1).includes("got one"));
    client.say(0, "end\n");
    await running;
    await exited(world, id);
    expect(client.text(1)).toBe("got one\ngot end\n");
    expect(JSON.parse(client.text(3))).toMatchObject({ status: "Success" });
    expect(await world.runtime.containers.status(id)).toMatchObject({ exitCode: 4 });
  });

  it("leaves the program running when the client leaves", async () => {
    const id = await runShell(world, "sleep 1000", { stdin: true });
    const client = new Client();
    const running = world.runtime.streams.attach(id, { ...plain, stdin: true }, client);
    client.leave();
    await running;
    expect(await world.runtime.containers.status(id)).toMatchObject({ state: "running" });
    await world.runtime.containers.stop(id, 0);
  });

  it("runs a whole container on a terminal", async () => {
    const id = await runShell(world, "[ -t 0 ] && [ -t 1 ] && echo terminal; exit 6", { tty: true, stdin: true });
    await exited(world, id);
    const lines: string[] = [];
    for await (const line of world.runtime.streams.logs(id, { follow: false })) lines.push(Buffer.from(line.text).toString());
    expect(lines.join("")).toBe("terminal\r\n");
    expect(await world.runtime.containers.status(id)).toMatchObject({ exitCode: 6 });
  });
});

describe("logs", () => {
  it("follows a container to its end, and gives the tail and what came since a time", async () => {
    const id = await runShell(world, "for i in 1 2 3 4 5; do echo line $i; sleep 0.03; done; echo last >&2; printf cut");
    const lines: string[] = [];
    let middle = 0;
    for await (const line of world.runtime.streams.logs(id, { follow: true })) {
      lines.push(`${line.stream} ${Buffer.from(line.text).toString()}`);
      if (lines.length === 4) middle = line.timeMs;
    }
    expect(lines).toEqual([...[1, 2, 3, 4, 5].map((i) => `stdout line ${i}\n`), "stderr last\n", "stdout cut"]);
    const texts = async (options: { tailLines?: number; sinceMs?: number }): Promise<string[]> => {
      const found: string[] = [];
      for await (const line of world.runtime.streams.logs(id, { follow: false, ...options })) found.push(Buffer.from(line.text).toString());
      return found;
    };
    expect(await texts({ tailLines: 2 })).toEqual(["last\n", "cut"]);
    expect(await texts({ tailLines: 0 })).toEqual([]);
    expect((await texts({ sinceMs: middle }))[0]).toBe("line 4\n");
  });

  it("stops following when the reader aborts", async () => {
    const id = await runShell(world, "echo one; sleep 1000");
    const abort = new AbortController();
    for await (const line of world.runtime.streams.logs(id, { follow: true, signal: abort.signal })) {
      expect(Buffer.from(line.text).toString()).toBe("one\n");
      abort.abort();
    }
    await world.runtime.containers.stop(id, 0);
  });
});

describe("port-forward", () => {
  const serve = `require("net").createServer({allowHalfOpen:true},(s)=>{let n=0;s.on("data",(d)=>n+=d.length);s.on("end",()=>s.end("got "+n))}).listen(9000,process.argv[1])`;

  it.each(["0.0.0.0", "127.0.0.1"])("reaches a server that listens on %s", async (listen) => {
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "forward" }));
    const command = ["/opt/coxswain/node", "-e", serve, listen];
    const id = await world.runtime.containers.create(sandbox.id, aContainer(await pull(world, "hello:1.0.0"), { command }));
    await world.runtime.containers.start(id);
    await until(async () => {
      const { exitCode } = await world.runtime.streams.execSync(id, ["sh", "-c", "grep -q ':2328 ' /proc/net/tcp"], 5000);
      return exitCode === 0;
    });
    const client = new Client();
    const data = Buffer.alloc(500_000, "x");
    client.say(0, data);
    client.say(0, null);
    await world.runtime.streams.portForward(sandbox.id, 9000, client);
    expect(client.text(1)).toBe("");
    expect(client.text(0)).toBe("got 500000");
    await world.runtime.sandboxes.remove(sandbox.id);
  });

  it("tells on the error channel that nothing listens", async () => {
    const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: "nobody" }));
    const client = new Client();
    await world.runtime.streams.portForward(sandbox.id, 9001, client);
    expect(client.text(1)).toContain("error forwarding port 9001 to pod");
    expect(client.text(1)).toContain("ECONNREFUSED");
    await world.runtime.sandboxes.remove(sandbox.id);
  });
});
