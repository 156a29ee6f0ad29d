import { once } from "node:events";
import * as http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeConnector } from "../../apiserver/ports/nodeConnector.ts";
import type { PodPort } from "../../apiserver/ports/podTransport.ts";
import type { ApiRequest, ApiResponse, StreamSession } from "../../machinery/http.ts";
import { podTransport } from "./transport.ts";

const prefix = "/api/v1/namespaces/default/pods/web/proxy";
const big = Buffer.alloc(1_000_000, "0123456789");
const seen: http.IncomingMessage[] = [];

const pod = http.createServer(async (incoming, outgoing) => {
  seen.push(incoming);
  const { pathname } = new URL(incoming.url ?? "/", "http://pod");
  if (pathname === "/big") return outgoing.end(big);
  if (pathname === "/echo") return outgoing.end(Buffer.concat((await incoming.toArray()) as Buffer[]));
  if (pathname === "/cookies") return outgoing.setHeader("set-cookie", ["a=1", "b=2"]).end();
  if (pathname === "/moved") return outgoing.writeHead(302, { location: `http://${incoming.headers.host}/there` }).end();
  const html = { "content-type": "text/html; charset=utf-8" };
  if (pathname === "/page") return outgoing.writeHead(200, html).end('<a href="/x">x</a>');
  if (pathname === "/zipped") return outgoing.writeHead(200, { ...html, "content-encoding": "gzip" }).end(gzipSync('<a href="/x">x</a>'));
  if (pathname === "/coded") return outgoing.writeHead(200, { ...html, "content-encoding": "br" }).end("whatever");
  if (pathname === "/cut") return outgoing.writeHead(200, { "content-length": 100 }).write("half", () => outgoing.destroy());
  return outgoing.writeHead(404).end();
});
const asked: string[] = [];

/** Forwards to the server above, as a node does; port 81 has nobody. */
const nodes: NodeConnector = {
  request: () => Promise.reject(new Error("not asked for")),
  async stream(node, url, peer) {
    asked.push(`${node} ${url}`);
    if (url.endsWith("=81"))
      return await peer.send({ channel: 1, data: Buffer.from("error forwarding port 81: connect ECONNREFUSED 10.0.0.1:81") });
    await forward(peer);
  },
};

async function forward(peer: StreamSession): Promise<void> {
  const socket = connect((pod.address() as AddressInfo).port, "127.0.0.1");
  const inward = (async () => {
    for await (const { data } of peer.incoming) if (data !== null) socket.write(data);
    socket.destroy();
  })();
  for await (const data of socket) await peer.send({ channel: 0, data: data as Uint8Array }).catch(() => socket.destroy());
  peer.close();
  await inward;
}

beforeAll(async () => {
  pod.listen(0, "127.0.0.1");
  await once(pod, "listening");
});
afterAll(() => void pod.close());

const target: PodPort = { node: "one", namespace: "default", pod: "web", ip: "10.0.0.1", port: 80, scheme: "http" };

function request(url: string, more: Partial<ApiRequest> = {}, port = 80): Promise<ApiResponse> {
  return podTransport(nodes).request({ ...target, port }, { method: "GET", url, headers: { host: "127.0.0.1:8001" }, ...more }, prefix);
}

async function bodyOf({ body }: ApiResponse): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

describe("HTTP with a pod over its node", () => {
  it("gives what the pod answers, however long", async () => {
    const answer = await request("/big?x=1");
    expect(answer.status).toBe(200);
    expect((await bodyOf(answer)).equals(big)).toBe(true);
    expect(asked.at(-1)).toBe("one /portForward/default/web?port=80");
    expect(seen.at(-1)).toMatchObject({ url: "/big?x=1", headers: { host: "127.0.0.1:8001" } });
  });

  it("takes a body along, and each cookie by itself", async () => {
    expect((await bodyOf(await request("/echo", { method: "POST", body: big }))).equals(big)).toBe(true);
    expect(await request("/cookies")).toMatchObject({ cookies: ["a=1", "b=2"] });
  });

  it("drops the headers of the connection", async () => {
    const { headers } = await request("/nothing");
    expect(Object.keys(headers).sort()).toEqual(["date"]);
  });

  it("leads redirects and the links of pages through the proxy", async () => {
    expect((await request("/moved")).headers["location"]).toBe(`${prefix}/there`);
    for (const path of ["/page", "/zipped"]) expect((await bodyOf(await request(path))).toString()).toBe(`<a href="${prefix}/x">x</a>`);
    expect((await bodyOf(await request("/coded"))).toString()).toBe("whatever");
    expect((await request("/page", { method: "HEAD" })).status).toBe(200);
  });

  it("fails in upstream's words where nobody listens, and where the answer breaks off", async () => {
    await expect(request("/", {}, 81)).rejects.toThrow("dial tcp 10.0.0.1:81: connect: connection refused");
    await expect(request("/cut").then(bodyOf)).rejects.toThrow("aborted");
  });

  it("says that a server of plain HTTP isn't one of HTTPS", async () => {
    await expect(
      podTransport(nodes).request({ ...target, scheme: "https" }, { method: "GET", url: "/", headers: {} }, prefix),
    ).rejects.toThrow("http: server gave HTTP response to HTTPS client");
  });
});
