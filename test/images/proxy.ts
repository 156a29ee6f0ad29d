/** An HTTP proxy that knows the way to one server, whatever its name; it notes what it was asked for. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import { createConnection } from "node:net";
import type { Duplex } from "node:stream";

export interface TestProxy extends AsyncDisposable {
  readonly url: string;
  /** `CONNECT name:port`, or `GET url`. */
  readonly asked: string[];
}

export const proxyWord = { user: "sailor", password: "knot" };

/** `host`: where everything goes to. */
export async function testProxy(host: string): Promise<TestProxy> {
  const [name = "", port = ""] = host.split(":");
  const asked: string[] = [];
  const tunnels = new Set<Duplex>();
  const word = `Basic ${Buffer.from(`${proxyWord.user}:${proxyWord.password}`).toString("base64")}`;
  const server = createServer((incoming, answer) => {
    asked.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
    if (incoming.headers["proxy-authorization"] !== word) {
      answer.writeHead(407).end();
      return;
    }
    const { pathname, search } = new URL(incoming.url ?? "");
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    const onward = request({ host: name, port, path: `${pathname}${search}`, method: incoming.method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url ?? ""}`);
    if (incoming.headers["proxy-authorization"] !== word) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const onward = createConnection({ host: name, port: Number(port) }, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) {
      tunnels.add(each);
      each.on("error", () => onward.destroy());
      each.on("close", () => tunnels.delete(each));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const own = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://${proxyWord.user}:${proxyWord.password}@127.0.0.1:${own}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      // Tunnels are no longer the server's own.
      for (const each of tunnels) each.destroy();
      await once(server, "close");
    },
  };
}
