/** Debian's docker-registry on a free port of 127.0.0.1, with its storage in a temporary folder; images are pushed to it as any client does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuiltImage } from "../node/images/builder.ts";

const program = "/usr/bin/docker-registry";

export interface DebianRegistry extends AsyncDisposable {
  readonly host: string;
  /** `name`: `repository:tag`. Gives the image's whole name. */
  push(name: string, image: BuiltImage): Promise<string>;
}

export interface RegistryOptions {
  /** Speaks HTTPS with this certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Undefined when it is there. */
export function whyNoRegistry(): string | undefined {
  return existsSync(program) ? undefined : "docker-registry is not installed (apt-get install docker-registry)";
}

export async function debianRegistry(options: RegistryOptions = {}): Promise<DebianRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "cox-registry-"));
  const host = `127.0.0.1:${await freePort()}`;
  const file = join(folder, "registry.yml");
  const tls = options.tls === undefined ? "" : `  tls: { certificate: ${options.tls.certificate}, key: ${options.tls.key} }\n`;
  const storage = `storage: { filesystem: { rootdirectory: ${join(folder, "data")} }, delete: { enabled: true } }`;
  writeFileSync(file, `version: 0.1\nlog: { level: error }\n${storage}\nhttp:\n  addr: ${host}\n${tls}`);
  const server = spawn(program, ["serve", file], { stdio: "ignore" });
  const dispose = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, "exit");
      server.kill();
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answering(host);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    host,
    push: async (name, image) => {
      await push(`${options.tls === undefined ? "http" : "https"}://${host}`, name, image);
      return `${host}/${name}`;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function push(base: string, name: string, image: BuiltImage): Promise<void> {
  const [repository = "", tag = "latest"] = name.split(":");
  for (const [digest, body] of image.blobs) {
    const there = await send(new URL(`/v2/${repository}/blobs/${digest}`, base), "HEAD");
    if (there.status === 200) continue;
    const { location = "" } = await send(new URL(`/v2/${repository}/blobs/uploads/`, base), "POST");
    const place = new URL(location, base);
    place.searchParams.set("digest", digest);
    mustBe201(await send(place, "PUT", { body, type: "application/octet-stream" }));
  }
  const { mediaType } = JSON.parse(image.manifest.toString()) as { mediaType: string };
  mustBe201(await send(new URL(`/v2/${repository}/manifests/${tag}`, base), "PUT", { body: image.manifest, type: mediaType }));
}

interface Sent {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/** Whatever its certificate: this is its owner. */
async function send(url: URL, method: string, content?: { readonly body: Buffer; readonly type: string }): Promise<Sent> {
  const headers = content === undefined ? {} : { "content-type": content.type, "content-length": content.body.length };
  const options = { method, headers, agent: false as const };
  const asked = url.protocol === "https:" ? secureRequest(url, { ...options, rejectUnauthorized: false }) : plainRequest(url, options);
  asked.end(content?.body);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += String(part);
  return { status: answer.statusCode ?? 0, location: answer.headers.location, text };
}

function mustBe201({ status, text }: Sent): void {
  if (status !== 201) throw new Error(`the registry answered ${status}: ${text}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Its port takes connections: what it speaks on it is another matter. */
async function answering(host: string): Promise<void> {
  const end = Date.now() + 20_000;
  const [name = "", port = ""] = host.split(":");
  for (;;) {
    const socket = createConnection({ host: name, port: Number(port) });
    const open = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
    socket.destroy();
    if (open) return;
    if (Date.now() > end) throw new Error("the registry didn't start");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
