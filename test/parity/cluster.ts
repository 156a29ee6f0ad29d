/** A cluster in this process with simulated nodes, behind a real TLS socket, and a kubeconfig for it. */
import { webcrypto, createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { kinds } from "../../src/api/registry.ts";
import { createJwtAuthority } from "../../src/apiserver/authn/jwt.ts";
import type { AuthenticationOptions } from "../../src/apiserver/authn/authenticate.ts";
import type { Clock } from "../../src/base/clock.ts";
import { Disposables } from "../../src/base/disposables.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRng, uidsFrom } from "../../src/base/rng.ts";
import { readAll } from "../../src/client/jsonLines.ts";
import { collectionPath } from "../../src/client/resourcePath.ts";
import { createCluster } from "../../src/cluster/createCluster.ts";
import { fieldDescriptions } from "../../src/daemon/descriptions.ts";
import { ApiListener } from "../../src/host-node/apiListener.ts";
import { type ClusterCertificates, createClusterCertificates } from "../../src/host-node/pki.ts";
import type { KubeObject } from "../../src/machinery/kind.ts";
import type { Transport } from "../../src/machinery/http.ts";
import { type KubeconfigPlace, writeKubeconfig } from "./kubeconfig.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

export interface ParityCluster extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly transport: Transport;
  /** From now on the server's time stands still, so that ages are the same for whoever asks. */
  freeze(): void;
}

let certificates: Promise<ClusterCertificates> | undefined;

/** `place`: of its kubeconfig. */
export async function startParityCluster(place: KubeconfigPlace): Promise<ParityCluster> {
  certificates ??= createClusterCertificates("parity", ["127.0.0.1"], Date.now());
  const pki = await certificates;
  const stack = new Disposables();
  const clock = new FreezableClock();
  const rng = seededRng(7);
  const host = { clock, rng, uids: uidsFrom(seededRng(8)), log: silentLog };
  const cluster = stack.add(
    await createCluster(
      { nodes: 2, api: { descriptions: fieldDescriptions(join(here, "../../build")), authentication: await authentication(pki) } },
      host,
    ),
  );
  const listener = stack.add(
    new ApiListener(cluster.controlPlane.apiServer, {
      cert: pki.serverCert,
      key: pki.serverKey,
      clientCa: pki.caCert,
      maxBodyBytes: 4 * 1024 * 1024,
    }),
  );
  const port = await listener.listenTls("127.0.0.1", 0);
  const kubeconfig = writeKubeconfig(place, pki, port);
  return {
    kubeconfig,
    transport: cluster.transport,
    freeze: () => clock.freeze(),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

async function authentication(pki: ClusterCertificates): Promise<AuthenticationOptions> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const der = createPrivateKey(pki.tokenKey).export({ format: "der", type: "pkcs8" });
  const spki = createPublicKey(pki.tokenPublicKey).export({ format: "der", type: "spki" });
  const privateKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  const publicKey = await webcrypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]);
  return {
    staticTokens: { "parity-token": { name: "token-user", groups: ["system:masters"] } },
    tokenAuthority: await createJwtAuthority({ issuer: "https://kubernetes.default.svc.cluster.local", privateKey, publicKey }),
  };
}

/** Days behind, so that ages that clients reckon are the same all through a run: `3d5h`. */
const behindMs = (3 * 24 + 5) * 3_600_000 + 1_800_000;

/** Wall-clock timers; `now` can be stopped. */
class FreezableClock implements Clock {
  private frozenAt: number | undefined;

  freeze(): void {
    this.frozenAt = this.now();
  }

  now(): number {
    return this.frozenAt ?? Date.now() - behindMs;
  }

  after(delayMs: number, fn: () => void): Disposable {
    const timer = setTimeout(fn, Math.min(Math.max(0, delayMs), 2 ** 31 - 1));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }
}

/** Creates the objects of a file in setup/, with the statuses that stand there. */
export async function createObjects({ transport }: ParityCluster, file: string): Promise<void> {
  for (const document of parseAllDocuments(readFileSync(join(here, "setup", file), "utf8"))) {
    const object = document.toJS() as KubeObject | null;
    if (object === null) continue;
    const [group = "", version = ""] = (object.apiVersion ?? "").includes("/")
      ? (object.apiVersion ?? "").split("/")
      : ["", object.apiVersion];
    const kind = kinds.find((one) => one.group === group && one.version === version && one.kind === object.kind);
    if (kind === undefined) throw new Error(`${file}: no kind ${object.apiVersion} ${object.kind}`);
    const url = collectionPath(kind, kind.namespaced ? (object.metadata.namespace ?? "default") : undefined);
    const send = async (method: string, to: string, body: object): Promise<void> => {
      const headers = { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" };
      const answer = await transport({ method, url: to, headers, body: new TextEncoder().encode(JSON.stringify(body)) });
      if (answer.status >= 300) throw new Error(`${file}: ${answer.status} ${new TextDecoder().decode(await readAll(answer.body))}`);
    };
    await send("POST", url, object);
    const { status } = object as { status?: unknown };
    if (status !== undefined) await send("PATCH", `${url}/${object.metadata.name}/status`, { status });
  }
}

/** Resolves when nothing has changed for a while, apart from leases. */
export async function settled({ transport }: ParityCluster): Promise<void> {
  const watched = [
    "/api/v1/pods",
    "/api/v1/events",
    "/api/v1/endpoints",
    "/apis/apps/v1/deployments",
    "/apis/batch/v1/jobs",
    "/api/v1/nodes",
  ];
  const quietMs = 400;
  const limitMs = 20_000;
  const started = Date.now();
  for (let last = "", since = Date.now(); Date.now() - since < quietMs;) {
    const texts = await Promise.all(
      watched.map(async (url) => new TextDecoder().decode(await readAll((await transport({ method: "GET", url, headers: {} })).body))),
    );
    // A list's own revision moves with leases; its items' don't.
    const now = texts.map((text) => text.replace(/"metadata":\{"resourceVersion":"\d+"\}/, "")).join("\n");
    if (now !== last) since = Date.now();
    last = now;
    if (Date.now() - started > limitMs) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
