/**
 * A small registry for the container runtime, which pulls there what registries don't have: images that were loaded into this machine's store, and the
 * catalogue's stand-ins. Read-only, on a loopback port of the machine's own network, where runtimes speak plain HTTP without being told to (CRI-O is to be
 * told). Upstream: the OCI distribution specification
 */
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Server as NetServer } from "node:net";
import { pipeline } from "node:stream/promises";
import { readManifest } from "../images/registry/manifests.ts";
import type { ImageStore } from "../images/store/imageStore.ts";
import type { StandIns } from "../images/oci/standIns.ts";
import type { FindOwnImage, OwnImage } from "./images.ts";

export interface OwnRegistryOptions {
  /** Listens on a loopback address of the machine. */
  readonly server: NetServer;
  readonly port: number;
  readonly store: ImageStore;
  /** Undefined: the catalogue is switched off. */
  readonly standIns: StandIns | undefined;
}

export interface OwnRegistry extends Disposable {
  readonly find: FindOwnImage;
}

interface Served extends OwnImage {
  /** The manifest's digest. */
  readonly manifest: string;
}

export function serveOwnImages({ server, port, store, standIns }: OwnRegistryOptions): OwnRegistry {
  const find = async (name: string): Promise<Served | undefined> => {
    const loaded = store.find(name);
    const pullName = `127.0.0.1:${port}/${name}`;
    if (loaded?.origin === "loaded") return { pullName, id: loaded.config, manifest: loaded.manifest, source: "local" };
    const made = await standIns?.image(name);
    if (made === undefined) return undefined;
    return { pullName, id: made.config.digest, manifest: made.manifest.digest, source: "catalogue" };
  };
  const blobPath = (digest: string): string | undefined => {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
    if (standIns?.blobs.has(digest) === true) return standIns.blobs.path(digest);
    return store.hasBlob(digest) ? store.blobPath(digest) : undefined;
  };
  const http = createServer((request, response) => {
    answer(request, response, { find, blobPath }).catch(() => response.destroy());
  });
  server.on("connection", (socket) => http.emit("connection", socket));
  return { find, [Symbol.dispose]: () => closeAll(server, http) };
}

function closeAll(server: NetServer, http: Server): void {
  server.close();
  http.closeAllConnections();
}

interface Contents {
  readonly find: (name: string) => Promise<Served | undefined>;
  readonly blobPath: (digest: string) => string | undefined;
}

async function answer(request: IncomingMessage, response: ServerResponse, contents: Contents): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, "UNSUPPORTED");
  const path = decodeURIComponent(new URL(request.url ?? "/", "http://registry").pathname);
  if (path === "/v2/") return void response.end("{}");
  const [, repository = "", what, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  if (what === undefined) return refuse(response, 404, "NAME_UNKNOWN");
  const digest = await digestOf(contents, repository, reference);
  const file = contents.blobPath(digest);
  if (file === undefined) return refuse(response, 404, what === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN");
  response.setHeader("Docker-Content-Digest", digest);
  response.setHeader("Content-Length", statSync(file).size);
  response.setHeader("Content-Type", what === "manifests" ? manifestType(file) : "application/octet-stream");
  if (request.method === "HEAD") return void response.end();
  await pipeline(createReadStream(file), response);
}

/** Empty for a tag that nothing has. */
async function digestOf({ find }: Contents, repository: string, reference: string): Promise<string> {
  return reference.startsWith("sha256:") ? reference : ((await find(`${repository}:${reference}`))?.manifest ?? "");
}

function manifestType(file: string): string {
  const bytes = readFileSync(file);
  const { mediaType } = JSON.parse(bytes.toString()) as { mediaType?: string };
  if (mediaType !== undefined) return mediaType;
  return `application/vnd.oci.image.${readManifest(bytes).kind}.v1+json`;
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll("_", " ") }] }));
}
