import { once } from "node:events";
import { existsSync } from "node:fs";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createClusterCertificates } from "./pki.ts";
import { tlsTransport, type TlsTarget } from "./transports.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

const certificates = createClusterCertificates("test", ["127.0.0.1"], Date.now());

/** Asks a server on `listening` whose certificate is good for the cluster's names; gives its answer's status. */
async function ask(listening: string, target: Partial<TlsTarget>, asked = listening): Promise<number> {
  const { caCert, serverCert, serverKey } = await certificates;
  const server = https.createServer({ cert: serverCert, key: serverKey }, (_, answer) => answer.end("well"));
  server.listen(0, listening);
  await once(server, "listening");
  const { transport, close } = tlsTransport({
    server: `https://${asked}:${(server.address() as AddressInfo).port}`,
    ca: caCert,
    ...target,
  });
  closing.push(close, () => server.close());
  const { status } = await transport({ method: "GET", url: "/", headers: {} });
  return status;
}

test("a certificate is held against the server's address", async () => {
  await expect(ask("127.0.0.1", {})).resolves.toBe(200);
  await expect(ask("127.0.0.2", {})).rejects.toThrow("IP: 127.0.0.2 is not in the cert's list");
});

test("tls-server-name: a name or an address instead of the server's own", async () => {
  await expect(ask("127.0.0.2", { serverName: "kubernetes.default" })).resolves.toBe(200);
  await expect(ask("127.0.0.2", { serverName: "127.0.0.1" })).resolves.toBe(200);
  await expect(ask("127.0.0.1", { serverName: "127.0.0.9" })).rejects.toThrow("IP: 127.0.0.9 is not in the cert's list");
  await expect(ask("127.0.0.1", { serverName: "elsewhere" })).rejects.toThrow("Host: elsewhere. is not in the cert's altnames");
});

test("an IPv6 address as the server", async ({ skip }) => {
  if (!existsSync("/proc/net/if_inet6")) skip("this kernel has no IPv6");
  await expect(ask("127.0.0.1", { serverName: "127.0.0.1" }, "[::ffff:127.0.0.1]")).resolves.toBe(200);
  await expect(ask("127.0.0.1", {}, "[::ffff:127.0.0.1]")).rejects.toThrow("IP: ::ffff:7f00:1 is not in the cert's list");
});
