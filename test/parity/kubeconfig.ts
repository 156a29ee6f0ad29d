/** The kubeconfig of the parity suite's clusters: besides the admin, users of every sort, and clusters that are reached in other ways. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ClusterCertificates } from "../../src/host-node/pki.ts";

const v1 = "client.authentication.k8s.io/v1";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

export interface KubeconfigPlace {
  readonly folder: string;
  readonly name: string;
  /** Users and clusters of every sort; else the two of use to all. */
  readonly ways: boolean;
}

/** Certificates and tokens as files lie beside it. Gives its path. */
export function writeKubeconfig({ folder, name, ways }: KubeconfigPlace, pki: ClusterCertificates, port: number): string {
  const file = (suffix: string, text: string): string => {
    writeFileSync(join(folder, `${name}-${suffix}`), text);
    return `${name}-${suffix}`;
  };
  const caFile = file("ca.crt", pki.caCert);
  const certFile = file("admin.crt", pki.adminCert);
  const keyFile = file("admin.key", pki.adminKey);
  const server = `https://127.0.0.1:${port}`;
  const ca = { "certificate-authority-data": base64(pki.caCert) };
  const clusters = {
    parity: { server, ...ca },
    "ca-file": { server, "certificate-authority": caFile },
    "ca-missing": { server, "certificate-authority": "no-such-ca.crt" },
    "ca-rubbish": { server, "certificate-authority-data": base64("rubbish") },
    "no-ca": { server },
    insecure: { server, "insecure-skip-tls-verify": true },
    "insecure-ca": { server, "insecure-skip-tls-verify": true, ...ca },
    "good-name": { server, ...ca, "tls-server-name": "127.0.0.1" },
    "bad-name": { server, ...ca, "tls-server-name": "example.test" },
    "bad-proxy": { server, ...ca, "proxy-url": "http://127.0.0.1:1" },
    "odd-proxy": { server, ...ca, "proxy-url": "gopher://127.0.0.1:1" },
    nobody: { server: "https://127.0.0.1:1", ...ca },
  };
  const users = {
    admin: { "client-certificate-data": base64(pki.adminCert), "client-key-data": base64(pki.adminKey) },
    token: { token: "parity-token" },
    "cert-files": { "client-certificate": certFile, "client-key": keyFile },
    "cert-only": { "client-certificate": certFile },
    "cert-missing": { "client-certificate": "no-such.crt", "client-key": keyFile },
    "token-file": { tokenFile: join(folder, file("token", "parity-token\n")) },
    "token-file-missing": { tokenFile: "/no/such/token" },
    "token-wrong": { token: "wrong" },
    "token-and-file": { token: "wrong", tokenFile: join(folder, `${name}-token`) },
    basic: { username: "me", password: "secret" },
    both: { username: "me", token: "parity-token" },
    nothing: {},
    as: { token: "parity-token", as: "jane", "as-groups": ["system:masters"], "as-uid": "7", "as-user-extra": { reason: ["a", "b"] } },
    "as-groups-only": { token: "parity-token", "as-groups": ["x"] },
    ...execUsers(pki),
  };
  const path = join(folder, name);
  writeFileSync(
    path,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: named("cluster", ways ? clusters : { parity: clusters.parity }),
      users: named("user", ways ? users : { admin: users.admin, token: users.token }),
      contexts: [
        { name: "parity", context: { cluster: "parity", user: "admin" } },
        { name: "token", context: { cluster: "parity", user: "token", namespace: "kube-system" } },
        ...(ways ? [{ name: "lost", context: { cluster: "gone", user: "gone" } }] : []),
      ],
      "current-context": "parity",
    }),
  );
  return path;
}

function named(field: string, entries: Readonly<Record<string, object>>): object[] {
  return Object.entries(entries).map(([name, entry]) => ({ name, [field]: entry }));
}

/** Credential plug-ins, most of them shell scripts that answer wrongly. */
function execUsers(pki: ClusterCertificates): Record<string, object> {
  const plugin = (script: string, more: object = {}): object => ({
    exec: { apiVersion: v1, command: "sh", args: ["-c", script], interactiveMode: "IfAvailable", ...more },
  });
  const answer = (status: object | undefined, apiVersion = v1): string =>
    `printf '%s' '${JSON.stringify({ apiVersion, kind: "ExecCredential", ...(status === undefined ? {} : { status }) })}'`;
  const good = answer({ token: "parity-token" });
  const pair = { clientCertificateData: pki.adminCert, clientKeyData: pki.adminKey };
  return {
    "exec-token": plugin(good),
    "exec-cert": plugin(`printf '%s' "$ANSWER"`, {
      env: [{ name: "ANSWER", value: JSON.stringify({ apiVersion: v1, kind: "ExecCredential", status: pair }) }],
    }),
    "exec-beta": plugin(answer({ token: "parity-token" }, "client.authentication.k8s.io/v1beta1"), {
      apiVersion: "client.authentication.k8s.io/v1beta1",
    }),
    "exec-env": plugin(`test "$A" = b && ${good}`, { env: [{ name: "A", value: "b" }] }),
    "exec-info": plugin(`case "$KUBERNETES_EXEC_INFO" in *certificate-authority-data*) ${good};; *) exit 4;; esac`, {
      provideClusterInfo: true,
    }),
    "exec-info-none": plugin(`case "$KUBERNETES_EXEC_INFO" in *certificate-authority-data*) ${good};; *) exit 4;; esac`),
    "exec-missing": plugin("", { command: "no-such-plugin", installHint: "Get it at example.test" }),
    "exec-missing-path": plugin("", { command: "./no-such-plugin" }),
    "exec-fails": plugin("exit 3"),
    "exec-silent": plugin("true"),
    "exec-rubbish": plugin("echo rubbish"),
    "exec-other-version": plugin(answer({ token: "x" }, "client.authentication.k8s.io/v1beta1")),
    "exec-no-status": plugin(answer(undefined)),
    "exec-no-token": plugin(answer({})),
    "exec-half": plugin(answer({ clientCertificateData: pki.adminCert })),
    "exec-bad-pair": plugin(answer({ clientCertificateData: "x", clientKeyData: "y" })),
    "exec-wrong-token": plugin(answer({ token: "wrong" })),
    "exec-always": plugin(good, { interactiveMode: "Always" }),
    "exec-never": plugin(good, { interactiveMode: "Never" }),
    "exec-odd-mode": plugin(good, { interactiveMode: "Sometimes" }),
    "exec-no-mode": { exec: { apiVersion: v1, command: "sh", args: ["-c", good] } },
    "exec-no-command": { exec: { apiVersion: v1, interactiveMode: "Never" } },
    "exec-no-version": { exec: { command: "sh", interactiveMode: "Never" } },
    "exec-old-version": plugin(good, { apiVersion: "client.authentication.k8s.io/v1alpha1" }),
    "exec-and-token": { token: "parity-token", ...plugin("exit 9") },
  };
}
