/**
 * What a kubeconfig and the global flags come to together: the server, how it is recognised, who the user is, the namespace.
 * Left out: auth providers (gone upstream), prompting for a user name.
 * Upstream: client-go/tools/clientcmd/client_config.go, validation.go
 */
import { InvalidConfiguration, KubectlError, textOf } from "../errors.ts";
import type { GlobalFlags } from "../flags.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Files } from "../host.ts";
import { proxyProblem } from "./proxies.ts";
import type { KubeCluster, Kubeconfig, KubeContext, KubeUser } from "./model.ts";

export interface ResolvedConfig {
  readonly raw: Kubeconfig;
  readonly contextName: string;
  readonly clusterName: string;
  readonly userName: string;
  readonly context: KubeContext;
  readonly cluster: KubeCluster;
  readonly user: KubeUser;
}

/** Where no kubeconfig says otherwise. */
const defaultServer = "http://localhost:8080";

type Env = Readonly<Record<string, string | undefined>>;

/** Merges and checks what a connection needs; throws what is wrong with it. */
export async function resolveConfig(raw: Kubeconfig, globals: GlobalFlags, env: Env, files: Files): Promise<ResolvedConfig> {
  const merged = mergeConfig(raw, globals, env);
  const { userName, contextName, clusterName } = merged;
  if (globals.user !== "" && !raw.users.has(userName)) throw new KubectlError(`auth info ${goQuote(userName)} does not exist`);
  if (globals.context !== "" && !raw.contexts.has(contextName)) throw new KubectlError(`context ${goQuote(contextName)} does not exist`);
  if (globals.cluster !== "" && !raw.clusters.has(clusterName)) throw new KubectlError(`cluster ${goQuote(clusterName)} does not exist`);
  await checkUsable(merged, files);
  return merged;
}

/** The namespace that the configuration chooses, after the same checks. */
export async function configuredNamespace(raw: Kubeconfig, globals: GlobalFlags, env: Env, files: Files): Promise<string> {
  const merged = mergeConfig(raw, globals, env);
  await checkUsable(merged, files);
  const { namespace = "" } = merged.context;
  return namespace === "" ? "default" : namespace;
}

function mergeConfig(raw: Kubeconfig, globals: GlobalFlags, env: Env): ResolvedConfig {
  const contextName = globals.context === "" ? raw.currentContext : globals.context;
  const context = mergedContext(raw.contexts.get(contextName)?.value, globals);
  const userName = context.user ?? "";
  const clusterName = context.cluster ?? "";
  const cluster = chosenCluster(clusterName, raw, globals, env);
  return { raw, contextName, clusterName, userName, context, cluster, user: mergedUser(raw.users.get(userName)?.value, globals) };
}

async function checkUsable({ raw, contextName, clusterName, userName, cluster, user }: ResolvedConfig, files: Files): Promise<void> {
  const problems = [
    ...(contextName !== "" && !raw.contexts.has(contextName) ? [`${noContext}${contextName}`] : []),
    ...(await userProblems(userName, user, files)),
    ...(await clusterProblems(clusterName, cluster, files)),
  ];
  const [only = ""] = problems;
  if (problems.length === 1 && !only.startsWith(noContext)) throw new KubectlError(only);
  if (problems.length > 0) throw new InvalidConfiguration(problems);
}

const noContext = "context was not found for specified context: ";

function chosenCluster(name: string, raw: Kubeconfig, globals: GlobalFlags, env: Env): KubeCluster {
  const master = env["KUBERNETES_MASTER"] ?? "";
  const found = raw.clusters.get(name)?.value;
  if (globals.cluster !== "" && found === undefined) return {};
  return mergedCluster({ server: master === "" ? defaultServer : master, ...without(found) }, globals);
}

/** Without fields that are set to nothing. */
function without<T extends object>(value: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter(([, field]) => field !== undefined && field !== "" && field !== null),
  ) as Partial<T>;
}

function mergedContext(found: KubeContext | undefined, globals: GlobalFlags): KubeContext {
  return {
    ...found,
    ...without({ cluster: globals.cluster, user: globals.user, namespace: globals.namespace }),
  };
}

function mergedUser(found: KubeUser | undefined, globals: GlobalFlags): KubeUser {
  const user: KubeUser = { ...found };
  if (globals.token !== "") {
    user.token = globals.token;
    user.tokenFile = "";
  }
  if (globals.username !== "") user.username = globals.username;
  if (globals.password !== "") user.password = globals.password;
  if (globals["client-certificate"] !== "") {
    user["client-certificate"] = globals["client-certificate"];
    delete user["client-certificate-data"];
  }
  if (globals["client-key"] !== "") {
    user["client-key"] = globals["client-key"];
    delete user["client-key-data"];
  }
  if (globals.as !== "") user.as = globals.as;
  if (globals["as-uid"] !== "") user["as-uid"] = globals["as-uid"];
  if (globals["as-group"].length > 0) user["as-groups"] = [...globals["as-group"]];
  const extra = globals["as-user-extra"];
  if (extra.length > 0) user["as-user-extra"] = extraOf(extra);
  return user;
}

function extraOf(pairs: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 0) continue;
    (extra[pair.slice(0, equals)] ??= []).push(pair.slice(equals + 1));
  }
  return extra;
}

function mergedCluster(found: KubeCluster, globals: GlobalFlags): KubeCluster {
  const cluster: KubeCluster = { ...found };
  const insecure = globals["insecure-skip-tls-verify"];
  const caPath = globals["certificate-authority"];
  if (insecure || caPath !== "") {
    cluster["insecure-skip-tls-verify"] = insecure;
    cluster["certificate-authority"] = caPath;
    delete cluster["certificate-authority-data"];
  }
  if (globals["tls-server-name"] !== "" || globals.server !== "") cluster["tls-server-name"] = globals["tls-server-name"];
  if (globals.server !== "") cluster.server = globals.server;
  if (globals["disable-compression"]) cluster["disable-compression"] = true;
  return cluster;
}

const has = (text: string | undefined): text is string => text !== undefined && text !== "";

async function clusterProblems(name: string, cluster: KubeCluster, files: Files): Promise<string[]> {
  const problems: string[] = [];
  if (!has(cluster.server))
    problems.push(name === "" ? "default cluster has no server defined" : `no server found for cluster ${goQuote(name)}`);
  const proxyUrl = cluster["proxy-url"];
  const proxyReason = has(proxyUrl) ? proxyProblem(proxyUrl) : undefined;
  if (proxyReason !== undefined)
    problems.push(`invalid 'proxy-url' ${goQuote(proxyUrl ?? "")} for cluster ${goQuote(name)}: ${proxyReason}`);
  const path = cluster["certificate-authority"];
  if (has(path) && has(cluster["certificate-authority-data"])) {
    problems.push(
      `certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`,
    );
  }
  if (has(path)) await unreadable(`unable to read certificate-authority ${path} for ${name} due to `, path, files, problems);
  return problems;
}

async function userProblems(name: string, user: KubeUser, files: Files): Promise<string[]> {
  const problems = [...(await certificateProblems(name, user, files)), ...execProblems(name, user)];
  const methods = [...(has(user.token) ? ["token"] : []), ...(has(user.username) || has(user.password) ? ["basicAuth"] : [])];
  if (methods.length > 1) {
    problems.push(`more than one authentication method found for ${name}; found [${methods.join(" ")}], only one is allowed`);
  }
  const asOthers = has(user["as-uid"]) || (user["as-groups"] ?? []).length > 0 || Object.keys(user["as-user-extra"] ?? {}).length > 0;
  if (asOthers && !has(user.as)) problems.push(`requesting uid, groups or user-extra for ${name} without impersonating a user`);
  return problems;
}

async function certificateProblems(name: string, user: KubeUser, files: Files): Promise<string[]> {
  const [certPath, certData] = [user["client-certificate"], user["client-certificate-data"]];
  const [keyPath, keyData] = [user["client-key"], user["client-key-data"]];
  if (!has(certPath) && !has(certData)) return [];
  const problems: string[] = [];
  if (has(certPath) && has(certData)) {
    problems.push(`client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`);
  }
  if (has(keyPath) && has(keyData)) {
    problems.push(`client-key-data and client-key are both specified for ${name}; client-key-data will override`);
  }
  if (!has(keyPath) && !has(keyData)) {
    problems.push(`client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`);
  }
  if (has(certPath)) await unreadable(`unable to read client-cert ${certPath} for ${name} due to `, certPath, files, problems);
  if (has(keyPath)) await unreadable(`unable to read client-key ${keyPath} for ${name} due to `, keyPath, files, problems);
  return problems;
}

function execProblems(name: string, { exec }: KubeUser): string[] {
  if (exec === undefined || exec === null) return [];
  const problems: string[] = [];
  const plugin = "to use exec authentication plugin";
  if (!has(exec.command)) problems.push(`command must be specified for ${name} ${plugin}`);
  if (!has(exec.apiVersion)) problems.push(`apiVersion must be specified for ${name} ${plugin}`);
  if ((exec.env ?? []).some((variable) => !has(variable.name))) problems.push(`env variable name must be specified for ${name} ${plugin}`);
  const mode = exec.interactiveMode ?? "";
  const later = !has(exec.apiVersion) || exec.apiVersion === "client.authentication.k8s.io/v1";
  if (mode === "" && later) problems.push(`interactiveMode must be specified for ${name} ${plugin}`);
  if (!["", "Never", "IfAvailable", "Always"].includes(mode)) problems.push(`invalid interactiveMode for ${name}: ${goQuote(mode)}`);
  return problems;
}

async function unreadable(prefix: string, path: string, files: Files, problems: string[]): Promise<void> {
  try {
    await files.read(path);
  } catch (error) {
    problems.push(`${prefix}${textOf(error)}`);
  }
}
