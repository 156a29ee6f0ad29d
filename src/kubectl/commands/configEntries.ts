/** `kubectl config set-cluster`, `set-context`, `set-credentials`. Upstream: kubectl/pkg/cmd/config/set_{cluster,context,credentials}.go */
import { type Call, type Verb, verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { array, bool, list, text } from "../flags.ts";
import { wrongUse } from "../help/wrongUse.ts";
import type { KubectlHost } from "../host.ts";
import { modifyKubeconfig, startingConfig } from "../kubeconfig/modify.ts";
import type { ExecPlugin, KubeCluster, KubeUser } from "../kubeconfig/model.ts";
import { parsePairs } from "../writing/pairs.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

const clusterFlags = {
  "certificate-authority": text(),
  "embed-certs": bool(),
  "insecure-skip-tls-verify": bool(),
  "proxy-url": text(),
  server: text(),
  "tls-server-name": text(),
};

export const setCluster: Verb = verb({
  name: "set-cluster",
  flags: clusterFlags,
  async run(call) {
    const { args, flags, session } = call;
    const [name = ""] = args;
    if (args.length !== 1) throw await wrongUse(call, `Unexpected args: [${args.join(" ")}]`);
    if (name === "") throw new KubectlError("you must specify a non-empty cluster name");
    if (flags["insecure-skip-tls-verify"] && flags["certificate-authority"] !== "") {
      throw new KubectlError("you cannot specify a certificate authority and insecure mode at the same time");
    }
    if (flags["embed-certs"]) {
      const path = flags["certificate-authority"];
      if (path === "") throw new KubectlError("you must specify a --certificate-authority to embed");
      await mustExist("certificate-authority", path, session.host);
    }
    const ca = await certificateOf(flags["certificate-authority"], flags["embed-certs"], session.host);
    await modifyKubeconfig(
      session,
      (config) => {
        const entry = config.clusters.get(name) ?? { value: {}, origin: "" };
        config.clusters.set(name, { ...entry, value: changedCluster(entry.value, call, ca) });
      },
      { relativePaths: true },
    );
    session.out(`Cluster ${goQuote(name)} set.\n`);
  },
});

interface Certificate {
  readonly path: string;
  /** Base64, where it is embedded. */
  readonly data: string | undefined;
}

async function certificateOf(path: string, embed: boolean, host: KubectlHost): Promise<Certificate> {
  if (path === "") return { path: "", data: undefined };
  return embed ? { path: "", data: await base64Of(path, host) } : { path: host.files.absolute(path), data: undefined };
}

async function base64Of(path: string, host: KubectlHost): Promise<string> {
  const bytes = await host.files.read(path);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

async function mustExist(flag: string, path: string, host: KubectlHost): Promise<void> {
  try {
    if ((await host.files.stat(path)) !== undefined) return;
  } catch (error) {
    throw new KubectlError(`could not stat ${flag} file ${path}: ${textOf(error)}`);
  }
  throw new KubectlError(`could not stat ${flag} file ${path}: stat ${path}: no such file or directory`);
}

function changedCluster(existing: KubeCluster, { flags, changed }: Call<typeof clusterFlags>, ca: Certificate): KubeCluster {
  const cluster = { ...existing };
  if (changed("server")) {
    cluster.server = flags.server;
    delete cluster["tls-server-name"];
  }
  if (changed("tls-server-name")) cluster["tls-server-name"] = flags["tls-server-name"];
  if (changed("insecure-skip-tls-verify")) {
    cluster["insecure-skip-tls-verify"] = flags["insecure-skip-tls-verify"];
    if (flags["insecure-skip-tls-verify"]) {
      delete cluster["certificate-authority"];
      delete cluster["certificate-authority-data"];
    }
  }
  if (changed("certificate-authority")) {
    cluster["certificate-authority"] = ca.path;
    if (ca.path !== "" || ca.data !== undefined) {
      cluster["certificate-authority-data"] = ca.data;
      cluster["insecure-skip-tls-verify"] = false;
    }
  }
  if (changed("proxy-url")) cluster["proxy-url"] = flags["proxy-url"];
  return cluster;
}

const contextFlags = { cluster: text(), current: bool(), namespace: text({ short: "n" }), user: text() };

export const setContext: Verb = verb({
  name: "set-context",
  flags: contextFlags,
  async run(call) {
    const { args, flags, session, changed } = call;
    if (args.length > 1) throw await wrongUse(call, `Unexpected args: [${args.join(" ")}]`);
    const [given = ""] = args;
    if (given === "" && !flags.current) throw new KubectlError("you must specify a non-empty context name or --current");
    if (given !== "" && flags.current) throw new KubectlError("you cannot specify both a context name and --current");
    const known = await startingConfig(session);
    if (flags.current && known.currentContext === "") throw new KubectlError("no current context is set");
    const name = flags.current ? known.currentContext : given;
    await modifyKubeconfig(
      session,
      (config) => {
        const entry = config.contexts.get(name) ?? { value: {}, origin: "" };
        const context = { ...entry.value };
        for (const field of ["cluster", "user", "namespace"] as const) if (changed(field)) context[field] = flags[field];
        config.contexts.set(name, { ...entry, value: context });
      },
      { relativePaths: true },
    );
    session.out(`Context ${goQuote(name)} ${known.contexts.has(name) ? "modified" : "created"}.\n`);
  },
});

const credentialFlags = {
  "auth-provider": text(),
  "auth-provider-arg": list(),
  "client-certificate": text(),
  "client-key": text(),
  "embed-certs": bool(),
  "exec-api-version": text(),
  "exec-arg": list(),
  "exec-command": text(),
  "exec-env": array(),
  "exec-interactive-mode": text(),
  "exec-provide-cluster-info": bool(),
  password: text(),
  token: text(),
  username: text(),
};

type CredentialCall = Call<typeof credentialFlags>;

export const setCredentials: Verb = verb({
  name: "set-credentials",
  flags: credentialFlags,
  async run(call) {
    const { args, flags, session } = call;
    const [name = ""] = args;
    if (args.length !== 1) throw await wrongUse(call, `unexpected args: [${args.join(" ")}]`);
    const provider = await pairsOf(call, "auth-provider-arg");
    const env = await pairsOf(call, "exec-env");
    if (name === "") throw new KubectlError("you must specify a non-empty user name");
    await checkCredentials(call);
    const cert = await certificateOf(flags["client-certificate"], flags["embed-certs"], session.host);
    const key = await certificateOf(flags["client-key"], flags["embed-certs"], session.host);
    await modifyKubeconfig(
      session,
      (config) => {
        const entry = config.users.get(name) ?? { value: {}, origin: "" };
        const user = { ...entry.value };
        setCertificate(user, "client-certificate", call, cert);
        setCertificate(user, "client-key", call, key);
        setProvider(user, call, provider);
        setExec(user, call, env);
        setSecrets(user, call);
        config.users.set(name, { ...entry, value: user });
      },
      { relativePaths: true },
    );
    session.out(`User ${goQuote(name)} set.\n`);
  },
});

interface Pairs {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

async function pairsOf(call: CredentialCall, flag: "auth-provider-arg" | "exec-env"): Promise<Pairs> {
  const given = call.flags[flag];
  if (given.length === 0) return { set: {}, remove: [] };
  try {
    const { added, removed } = parsePairs(given, flag, true);
    return { set: Object.fromEntries(added), remove: removed };
  } catch (error) {
    throw await wrongUse(call, textOf(error));
  }
}

async function checkCredentials({ flags, changed, session }: CredentialCall): Promise<void> {
  if (flags.token !== "" && (flags.username !== "" || flags.password !== "")) {
    throw new KubectlError("you cannot specify more than one authentication method at the same time: --token, --username/--password");
  }
  if (flags["embed-certs"]) {
    const [cert, key] = [flags["client-certificate"], flags["client-key"]];
    if (cert === "" && key === "") throw new KubectlError("you must specify a --client-certificate or --client-key to embed");
    if (cert !== "") await mustExist("client-certificate", cert, session.host);
    if (key !== "") await mustExist("client-key", key, session.host);
  }
  if (changed("exec-interactive-mode") && !["IfAvailable", "Always", "Never"].includes(flags["exec-interactive-mode"])) {
    throw new KubectlError("invalid interactive mode type, can be only IfAvailable, Never, Always");
  }
}

function setCertificate(user: KubeUser, field: "client-certificate" | "client-key", { changed }: CredentialCall, found: Certificate): void {
  if (!changed(field)) return;
  user[field] = found.path;
  if (found.path !== "" || found.data !== undefined) user[`${field}-data`] = found.data;
}

function setProvider(user: KubeUser, { flags, changed }: CredentialCall, { set, remove }: Pairs): void {
  if (changed("auth-provider") && user["auth-provider"]?.name !== flags["auth-provider"]) {
    user["auth-provider"] = { name: flags["auth-provider"] };
  }
  const provider = user["auth-provider"];
  if (provider === undefined) return;
  const kept = Object.entries(provider.config ?? {}).filter(([key]) => !remove.includes(key));
  user["auth-provider"] = { name: provider.name, config: { ...Object.fromEntries(kept), ...set } };
}

function setExec(user: KubeUser, { flags, changed }: CredentialCall, env: Pairs): void {
  if (changed("exec-command")) {
    user.exec = user.exec === undefined ? { command: flags["exec-command"] } : { ...user.exec, command: flags["exec-command"], args: null };
  }
  if (user.exec === undefined) return;
  const exec: ExecPlugin = { ...user.exec };
  if (changed("exec-api-version")) exec.apiVersion = flags["exec-api-version"];
  if (flags["exec-arg"].length > 0) exec.args = [...flags["exec-arg"]];
  if (changed("exec-interactive-mode")) exec.interactiveMode = flags["exec-interactive-mode"];
  if (changed("exec-provide-cluster-info")) exec.provideClusterInfo = flags["exec-provide-cluster-info"];
  if (env.remove.length > 0) exec.env = (exec.env ?? []).filter(({ name }) => !env.remove.includes(name));
  if (Object.keys(env.set).length > 0) exec.env = mergedEnv(exec.env ?? [], env.set);
  user.exec = exec;
}

function mergedEnv(
  existing: readonly { name: string; value: string }[],
  set: Readonly<Record<string, string>>,
): { name: string; value: string }[] {
  const kept = existing.map(({ name, value }) => ({ name, value: set[name] ?? value }));
  const added = Object.entries(set).filter(([name]) => !existing.some((one) => one.name === name));
  return [...kept, ...added.map(([name, value]) => ({ name, value }))];
}

function setSecrets(user: KubeUser, { flags, changed }: CredentialCall): void {
  if (changed("token")) user.token = flags.token;
  if (changed("username")) user.username = flags.username;
  if (changed("password")) user.password = flags.password;
  const setsToken = changed("token") && flags.token !== "";
  const setsBasic = (changed("username") && flags.username !== "") || (changed("password") && flags.password !== "");
  if (setsToken && !setsBasic) {
    delete user.username;
    delete user.password;
  }
  if (setsBasic && !setsToken) delete user.token;
}
