/**
 * One forwarded connection to a port of a pod. Servers that listen on the pod's own loopback only are reached by a small process inside its
 * network. Channels: 0 data, 1 error. Upstream: the containerd CRI plugin's portforward
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { Duplex, type Readable } from "node:stream";
import type { StreamSession } from "../../machinery/http.ts";
import { writeAll } from "./writeAll.ts";

const data = 0;
const error = 1;

/** Runs inside the pod's network with the port as its argument; says on descriptor 3 that it is connected. */
const pipeScript = `const s=require("net").connect({port:+process.argv[1],host:"127.0.0.1",allowHalfOpen:true});
s.on("error",(e)=>{process.stderr.write(e.message);process.exit(1)});
s.on("connect",()=>{require("fs").writeSync(3,"+");process.stdin.pipe(s);s.pipe(process.stdout)});`;

export interface ForwardTarget {
  readonly sandboxId: string;
  /** Empty on the host's network. */
  readonly ip: string;
  /** A process in the pod's network namespace. */
  readonly pid: number;
}

export async function forwardPort(target: ForwardTarget, port: number, peer: StreamSession): Promise<void> {
  let link: Duplex | undefined;
  try {
    link = await dial(target.ip === "" ? "127.0.0.1" : target.ip, port).catch(() => dialInside(target.pid, port));
    await Promise.all([inward(link, peer), outward(link, peer)]);
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    const text = `error forwarding port ${port} to pod ${target.sandboxId}: ${reason}`;
    await peer.send({ channel: error, data: Buffer.from(text) }).catch(() => undefined);
  } finally {
    link?.destroy();
    peer.close();
  }
}

async function inward(link: Duplex, peer: StreamSession): Promise<void> {
  for await (const frame of peer.incoming) {
    if (frame.channel !== data || link.destroyed || link.writableEnded) continue;
    if (frame.data === null) link.end();
    else await writeAll(link, frame.data);
  }
  // The client has gone: so does the connection, whatever the server still had to say.
  link.destroy();
}

async function outward(link: Duplex, peer: StreamSession): Promise<void> {
  try {
    for await (const chunk of link) await peer.send({ channel: data, data: chunk as Uint8Array });
  } catch (failure) {
    if (!isPrematureClose(failure)) throw failure;
  }
  await peer.send({ channel: data, data: null }).catch(() => undefined);
  peer.close();
}

function isPrematureClose(failure: unknown): boolean {
  return failure instanceof Error && "code" in failure && failure.code === "ERR_STREAM_PREMATURE_CLOSE";
}

async function dial(host: string, port: number): Promise<Duplex> {
  const socket = createConnection({ host, port, allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

async function dialInside(pid: number, port: number): Promise<Duplex> {
  const args = ["-t", String(pid), "-n", "--", process.execPath, "-e", pipeScript, String(port)];
  const child = spawn("/usr/bin/nsenter", args, { stdio: ["pipe", "pipe", "pipe", "pipe"], env: {} });
  let complaint = "";
  child.stderr?.on("data", (text: Buffer) => (complaint += text.toString()));
  const connected = await saidYes(child.stdio[3] as Readable, child);
  if (!connected || child.stdin === null || child.stdout === null) throw new Error(complaint || "the helper ended");
  const link = Duplex.from({ readable: child.stdout, writable: child.stdin });
  link.once("close", () => child.kill("SIGKILL"));
  return link;
}

function saidYes(from: Readable, child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    from.once("data", () => resolve(true));
    child.once("close", () => resolve(false));
  });
}
