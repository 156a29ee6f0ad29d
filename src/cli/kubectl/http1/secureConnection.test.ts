import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterCertificates, createClusterCertificates } from "../../../host-node/pki.ts";
import { type SecureTarget, secureConnections } from "./secureConnection.ts";

let ours: ClusterCertificates;
let theirs: ClusterCertificates;
let server: Server;
const seen: TLSSocket[] = [];

beforeAll(async () => {
  ours = await createClusterCertificates("ours", ["127.0.0.1"], Date.now());
  theirs = await createClusterCertificates("ours", ["127.0.0.1"], Date.now());
  server = createServer(
    {
      cert: ours.serverCert,
      key: ours.serverKey,
      ca: ours.caCert,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    },
    (socket) => {
      seen.push(socket);
      socket.on("error", () => undefined);
      socket.end(socket.authorized ? String(socket.getPeerCertificate().subject.CN) : "nobody");
    },
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => server.close());

async function told(target: Partial<SecureTarget>): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const { adminCert: cert, adminKey: key, caCert: ca } = ours;
  const open = secureConnections({ host: "127.0.0.1", port, serverName: "127.0.0.1", ca, cert, key, rejectUnauthorized: true, ...target });
  const socket = await open();
  const [text] = (await once(socket.setEncoding("utf8"), "data")) as [string];
  socket.destroy();
  return text;
}

test("to the server that the authority vouches for, by one connection, with the client's certificate", async () => {
  seen.length = 0;
  expect(await told({})).toBe("kubernetes-admin");
  expect(seen).toHaveLength(1);
  expect(await told({ cert: undefined, key: undefined })).toBe("nobody");
});

test("another authority of the same name vouches for nothing", async () => {
  await expect(told({ ca: theirs.caCert })).rejects.toMatchObject({ code: expect.stringMatching(/CERT/) as string });
});

test("nor does the right one for another name", async () => {
  await expect(told({ serverName: "elsewhere.example" })).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test("the name to be checked may be an address, and another than the one that is dialled", async () => {
  expect(await told({ serverName: "localhost" })).toBe("kubernetes-admin");
  expect(await told({ host: "localhost", serverName: "127.0.0.1" })).toBe("kubernetes-admin");
  await expect(told({ serverName: "127.0.0.9" })).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test("what isn't plain is OpenSSL's to judge: the authority among others", async () => {
  const { caCert } = await createClusterCertificates("other", ["127.0.0.1"], Date.now());
  expect(await told({ ca: [caCert, caCert, caCert, caCert, ours.caCert].join("\n") })).toBe("kubernetes-admin");
});

test("unchecked only where that is asked for", async () => {
  await expect(told({ ca: undefined })).rejects.toMatchObject({ code: expect.stringMatching(/CERT/) as string });
  expect(await told({ ca: undefined, rejectUnauthorized: false })).toBe("kubernetes-admin");
});
