/** A registry that does wrong when told to: stalls, breaks off, lies, asks for passwords. Speaks just enough of the distribution protocol. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type BuiltImage, sha256 } from "./builder.ts";

export interface Faults {
  /** Each answer with a blob ends with its connection after so many bytes. */
  breakEvery?: number;
  /** Only the first so many answers break. */
  breaks?: number;
  /** Blobs never come beyond their first byte. */
  stall?: boolean;
  /** Nor beyond so many bytes of a longer one. */
  stallAfter?: number;
  /** Blobs have a byte changed. */
  lie?: boolean;
  noRange?: boolean;
  auth?: "basic" | "token";
  /** Answers 503 so many times. */
  busy?: number;
}

export interface FaultyRegistry extends AsyncDisposable {
  readonly host: string;
  readonly faults: Faults;
  /** `GET` lines of blobs, in order. */
  readonly blobRequests: string[];
  /** Manifests by `repository:tag`. */
  readonly manifests: Map<string, Buffer>;
  readonly blobs: Map<string, Buffer>;
  add(name: string, image: BuiltImage): string;
}

export const account = { username: "ship", password: "anchor:1" };
const basic = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;

export async function faultyRegistry(): Promise<FaultyRegistry> {
  const manifests = new Map<string, Buffer>();
  const blobs = new Map<string, Buffer>();
  const faults: Faults = {};
  const blobRequests: string[] = [];
  const server = createServer((request, response) =>
    answer({ request, response, host: registry.host, manifests, blobs, faults, blobRequests }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const registry: FaultyRegistry = {
    host: `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    faults,
    blobRequests,
    manifests,
    blobs,
    add(name, image) {
      for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes);
      const repository = name.split(":")[0] ?? "";
      manifests.set(name, image.manifest);
      manifests.set(`${repository}@${sha256(image.manifest)}`, image.manifest);
      return `${registry.host}/${name}`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return registry;
}

interface Call extends Pick<FaultyRegistry, "manifests" | "blobs" | "faults" | "blobRequests" | "host"> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answer(call: Call): void {
  const { request, response, faults, manifests } = call;
  const url = new URL(request.url ?? "/", "http://registry");
  if ((faults.busy ?? 0) > 0) {
    faults.busy = (faults.busy ?? 0) - 1;
    response.writeHead(503).end();
    return;
  }
  if (url.pathname === "/token") return token(call, url.searchParams.get("scope") ?? "");
  const [, repository = "", kind, what = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url.pathname) ?? [];
  if (challenged(call, `repository:${repository}:pull`)) return;
  if (kind === "blobs") return blob(call, what);
  const bytes = manifests.get(what.startsWith("sha256:") ? `${repository}@${what}` : `${repository}:${what}`);
  if (bytes === undefined)
    response.writeHead(404).end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
  else response.writeHead(200, { "content-length": bytes.length, ...describe(bytes) }).end(bytes);
}

/** containerd believes the headers. */
function describe(manifest: Buffer): Record<string, string> {
  const { mediaType = "application/vnd.oci.image.manifest.v1+json" } = JSON.parse(manifest.toString()) as { mediaType?: string };
  return { "content-type": mediaType, "docker-content-digest": sha256(manifest) };
}

function token({ request, response }: Call, scope: string): void {
  const good = request.headers.authorization === basic;
  const answer = good ? { token: `for ${scope}` } : { details: "incorrect username or password" };
  response.writeHead(good ? 200 : 401).end(JSON.stringify(answer));
}

function challenged({ request, response, faults, host }: Call, scope: string): boolean {
  const needed = { basic, token: `Bearer for ${scope}` }[faults.auth ?? "basic"];
  if (faults.auth === undefined || request.headers.authorization === needed) return false;
  const challenge = faults.auth === "basic" ? 'Basic realm="here"' : `Bearer realm="http://${host}/token",service="test",scope="${scope}"`;
  const errors = [{ code: "UNAUTHORIZED", message: "authentication required" }];
  response.writeHead(401, { "www-authenticate": challenge }).end(JSON.stringify({ errors }));
  return true;
}

function blob({ request, response, faults, blobs, blobRequests }: Call, digest: string): void {
  const whole = blobs.get(digest);
  if (whole === undefined) return void response.writeHead(404).end();
  const range = request.headers.range ?? "";
  blobRequests.push(`${digest} ${range}`);
  const from = faults.noRange === true ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
  const bytes = Buffer.from(whole.subarray(from));
  if (faults.lie === true) bytes[0] = (bytes[0] ?? 0) ^ 1;
  const partial = from > 0 ? { "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { "content-length": bytes.length, ...partial });
  const stallAfter = faults.stall === true ? 1 : (faults.stallAfter ?? bytes.length);
  if (stallAfter < bytes.length) response.write(bytes.subarray(0, stallAfter));
  else if (!breaks(faults, bytes)) response.end(bytes);
  else response.write(bytes.subarray(0, faults.breakEvery), () => response.destroy());
}

function breaks(faults: Faults, bytes: Buffer): boolean {
  if (faults.breakEvery === undefined || bytes.length <= faults.breakEvery || faults.breaks === 0) return false;
  if (faults.breaks !== undefined) faults.breaks -= 1;
  return true;
}
