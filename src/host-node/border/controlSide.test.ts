import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { serveBorder } from "./controlSide.ts";

/** A channel whose other end is the test. */
class Channel extends EventEmitter {
  readonly sent: {
    readonly message: { border: string; code?: string; message?: string; port?: number };
    readonly handle: Server | Socket | undefined;
  }[] = [];
  readonly send = (message: object, handle: Server | Socket | undefined, callback: (error: Error | null) => void): boolean => {
    this.sent.push({ message: message as { border: string }, handle });
    callback(null);
    this.emit("sent");
    return true;
  };
}

async function ask(address: string, port: number, border: "listen" | "dial" = "listen"): Promise<Channel["sent"][number] | undefined> {
  const channel = new Channel();
  using served = serveBorder(channel, { onOffer: () => undefined });
  void served;
  const sent = new Promise((resolve) => channel.once("sent", resolve));
  channel.emit("message", { border, id: 1, address, port }, undefined);
  await sent;
  return channel.sent[0];
}

describe("serveBorder", () => {
  it("binds on loopback and hands the listener over without keeping it", async () => {
    const answer = await ask("127.77.3.1", 0);
    expect(answer?.message).toMatchObject({ border: "listening", id: 1 });
    expect(answer?.message.port).toBeGreaterThan(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answer?.handle).toMatchObject({ listening: false });
  });

  it.each(["0.0.0.0", "192.0.2.1", "::"])("refuses %s: agents listen on loopback only", async (address) => {
    expect((await ask(address, 8080))?.message).toMatchObject({
      border: "refused",
      code: "EACCES",
      message: `agents may not listen on ${address}`,
    });
  });

  it("connects to loopback for the agent, and nowhere else", async () => {
    const server = createServer((socket) => socket.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const answer = await ask("127.0.0.1", port, "dial");
    expect(answer?.message).toEqual({ border: "connected", id: 1 });
    const { handle } = answer ?? {};
    if (!(handle instanceof Socket)) throw new Error("no socket came");
    handle.resume();
    // Its first byte is left for whoever gets it.
    expect(String(await once(handle, "data"))).toBe("hello");
    handle.destroy();
    server.close();
    await once(server, "close");
    expect((await ask("127.0.0.1", port, "dial"))?.message).toMatchObject({ border: "refused", code: "ECONNREFUSED" });
    expect((await ask("192.0.2.1", 80, "dial"))?.message).toMatchObject({
      border: "refused",
      message: "agents may not connect to 192.0.2.1",
    });
  });

  it("lets other messages pass", () => {
    const channel = new Channel();
    using border = serveBorder(channel, { onOffer: () => undefined });
    void border;
    channel.emit("message", { type: "ready" }, undefined);
    channel.emit("message", null, undefined);
    channel.emit("message", "text", undefined);
    expect(channel.sent).toEqual([]);
  });
});
