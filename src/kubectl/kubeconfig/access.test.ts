import { expect, test } from "vitest";
import type { ConnectionTarget, KubectlHost } from "../host.ts";
import type { ResolvedConfig } from "./clientConfig.ts";
import { accessOf } from "./access.ts";
import { emptyKubeconfig, type KubeCluster, type KubeUser } from "./model.ts";

interface Scene {
  readonly host: KubectlHost;
  readonly targets: ConnectionTarget[];
  /** KUBERNETES_EXEC_INFO of each run of the plug-in. */
  readonly runs: string[];
  nowMs: number;
}

interface SceneFacts {
  readonly answers?: readonly object[];
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A host with one file and one credential plug-in. */
function scene({ answers = [], files = {}, env = {} }: SceneFacts = {}): Scene {
  const made: Scene = { host: undefined as unknown as KubectlHost, targets: [], runs: [], nowMs: 1000 };
  const host = {
    env,
    clock: { now: () => made.nowMs },
    input: { isTerminal: false },
    files: { read: (path: string) => Promise.resolve(new TextEncoder().encode(files[path] ?? "")) },
    programs: {
      find: (program: string) => Promise.resolve(program),
      capture: (_program: string, _args: readonly string[], options: { env: Record<string, string> }) => {
        made.runs.push(options.env["KUBERNETES_EXEC_INFO"] ?? "");
        const status = answers[Math.min(made.runs.length, answers.length) - 1];
        return Promise.resolve({
          code: 0,
          output: JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }),
        });
      },
    },
    connect(target: ConnectionTarget) {
      made.targets.push(target);
      return {};
    },
  };
  return Object.assign(made, { host });
}

function configOf(user: KubeUser, cluster: KubeCluster = { server: "https://cluster.test" }): ResolvedConfig {
  return { raw: emptyKubeconfig(), contextName: "c", clusterName: "c", userName: "u", context: {}, cluster, user };
}

const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "plugin", interactiveMode: "Never" };

test("requests that start together share a connection", async () => {
  const { host, targets } = scene();
  const access = await accessOf(configOf({ token: "t" }), host, 0);
  const [one, other] = await Promise.all([access.connection(), access.connection()]);
  expect(one).toBe(other);
  expect(targets).toHaveLength(1);
});

test("a credential plug-in is run once, however many requests ask", async () => {
  const { host, runs } = scene({ answers: [{ token: "one" }] });
  const access = await accessOf(configOf({ exec }), host, 0);
  const headers = await Promise.all([access.headers(), access.headers()]);
  expect(headers).toEqual([{ authorization: "Bearer one" }, { authorization: "Bearer one" }]);
  expect(runs).toHaveLength(1);
});

test("it is run again when its answer has expired", async () => {
  const expirationTimestamp = "1970-01-01T00:00:05Z";
  const made = scene({ answers: [{ token: "one", expirationTimestamp }, { token: "two" }] });
  const access = await accessOf(configOf({ exec }), made.host, 0);
  expect(await access.headers()).toEqual({ authorization: "Bearer one" });
  made.nowMs = 6000;
  expect(await access.headers()).toEqual({ authorization: "Bearer two" });
  expect(made.runs).toHaveLength(2);
});

test("its certificate is the connection's", async () => {
  const pair = { clientCertificateData: "-----BEGIN CERTIFICATE-----", clientKeyData: "-----BEGIN PRIVATE KEY-----" };
  const { host, targets } = scene({ answers: [pair] });
  const access = await accessOf(configOf({ exec }), host, 0);
  await access.connection();
  expect(targets).toMatchObject([{ server: "https://cluster.test", cert: pair.clientCertificateData, key: pair.clientKeyData }]);
  expect(await access.headers()).toEqual({});
});

test("it is told the cluster only where it asks", async () => {
  const told = async (provideClusterInfo: boolean): Promise<unknown> => {
    const { host, runs } = scene({ answers: [{ token: "x" }] });
    const cluster: KubeCluster = {
      server: "https://cluster.test",
      extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "a" } }],
    };
    await (await accessOf(configOf({ exec: { ...exec, provideClusterInfo } }, cluster), host, 0)).headers();
    return JSON.parse(runs[0] ?? "");
  };
  const info = { kind: "ExecCredential", apiVersion: exec.apiVersion };
  expect(await told(false)).toEqual({ ...info, spec: { interactive: false } });
  expect(await told(true)).toEqual({
    ...info,
    spec: { interactive: false, cluster: { server: "https://cluster.test", config: { audience: "a" } } },
  });
});

test.each<[string, KubeUser, Record<string, string>]>([
  ["a token", { token: "t" }, { authorization: "Bearer t" }],
  ["a token's file, which is stronger than the token", { token: "t", tokenFile: "/file" }, { authorization: "Bearer from file" }],
  ["name and password", { username: "me", password: "secret" }, { authorization: `Basic ${btoa("me:secret")}` }],
  [
    "somebody else's name",
    { token: "t", as: "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": { "Why/not": ["x", "y"] } },
    {
      authorization: "Bearer t",
      "impersonate-user": "jane",
      "impersonate-uid": "7",
      "impersonate-group": "a\nb",
      "impersonate-extra-why%2Fnot": "x\ny",
    },
  ],
])("headers by %s", async (_, user, headers) => {
  const { host } = scene({ files: { "/file": "from file\n" } });
  expect(await (await accessOf(configOf(user), host, 0)).headers()).toEqual(headers);
});

test("no secret goes to a server without TLS", async () => {
  const { host } = scene();
  expect(await (await accessOf(configOf({ token: "t" }, { server: "cluster.test:80" }), host, 0)).headers()).toEqual({});
});

test("the cluster's proxy is stronger than the environment's", async () => {
  const env = { HTTPS_PROXY: "http://env:1" };
  for (const [cluster, proxyUrl] of [
    [{ server: "https://cluster.test", "proxy-url": "http://own:1" }, "http://own:1"],
    [{ server: "https://cluster.test" }, "http://env:1"],
  ] as const) {
    const { host, targets } = scene({ env });
    await (await accessOf(configOf({ token: "t" }, cluster), host, 0)).connection();
    expect(targets[0]?.proxyUrl).toBe(proxyUrl);
  }
});
