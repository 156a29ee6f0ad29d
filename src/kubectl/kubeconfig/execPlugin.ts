/**
 * Credentials from a program that the kubeconfig names. Run when the first request is sent; asked again when they expire.
 * Upstream: client-go/plugin/pkg/client/auth/exec/exec.go
 */
import { jsonSyntaxError } from "../../schema/scalars/jsonSyntax.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { basename, clean } from "../copying/goPaths.ts";
import { KubectlError } from "../errors.ts";
import { ConnectError, type KubectlHost } from "../host.ts";
import type { PluginPolicy } from "../preferences/model.ts";
import type { ExecPlugin, KubeCluster } from "./model.ts";

export interface ExecCredentials {
  readonly token?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Milliseconds; undefined: for as long as the program runs. */
  readonly expiresAt?: number | undefined;
}

const apiVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** Refuses what is wrong before anything is run. */
export function checkPlugin({ apiVersion = "" }: ExecPlugin): void {
  if (!apiVersions.includes(apiVersion)) throw new KubectlError(`exec plugin: invalid apiVersion ${goQuote(apiVersion)}`);
}

/** Failures are those of a request: the program runs when one is sent. */
function failed(reason: string): ConnectError {
  return new ConnectError(`getting credentials: ${reason}`);
}

export async function execCredentials(
  plugin: ExecPlugin,
  cluster: KubeCluster,
  host: KubectlHost,
  policy: PluginPolicy,
): Promise<ExecCredentials> {
  const interactive = isInteractive(plugin, host);
  const info = {
    kind: "ExecCredential",
    apiVersion: plugin.apiVersion,
    spec: { ...(plugin.provideClusterInfo === true ? { cluster: clusterInfo(cluster) } : {}), interactive },
  };
  const env: Record<string, string> = { KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  for (const { name, value } of plugin.env ?? []) env[name] = value;
  await requireAllowed(plugin.command, policy, host);
  const found = await host.programs.find(plugin.command);
  if (found === undefined) throw failed(notFound(plugin));
  const { code, output } = await host.programs.capture(plugin.command, plugin.args ?? [], { env, interactive });
  if (code !== 0) throw failed(`exec: executable ${plugin.command} failed with exit code ${code}`);
  return credentialsOf(output, plugin);
}

/** Names are compared as they stand, then by where the PATH leads. */
async function requireAllowed(given: string, { type, allowlist = [] }: PluginPolicy, { programs }: KubectlHost): Promise<void> {
  const command = clean(given);
  if (type === "DenyAll") throw failed(`plugin ${goQuote(command)} not allowed: policy set to "DenyAll"`);
  if (type !== "Allowlist" || allowlist.includes(command)) return;
  const path = await programs.find(command);
  if (path === undefined) {
    const reason = command.includes("/")
      ? `exec: ${goQuote(command)}: stat ${command}: no such file or directory`
      : `exec: ${goQuote(command)}: executable file not found in $PATH`;
    throw failed(`plugin path ${goQuote(command)} cannot be resolved for credential plugin allowlist check: ${reason}`);
  }
  const allowed = await Promise.all(allowlist.filter((one) => basename(one) === basename(path)).map((one) => programs.find(one)));
  if (!allowlist.includes(path) && !allowed.includes(path)) {
    throw failed(`plugin path ${goQuote(path)} is not permitted by the credential plugin allowlist`);
  }
}

function isInteractive(plugin: ExecPlugin, host: KubectlHost): boolean {
  const mode = plugin.interactiveMode ?? "IfAvailable";
  if (mode === "Never") return false;
  if (mode === "Always" && !host.input.isTerminal) {
    throw failed("exec plugin cannot support interactive mode: standard input is not a terminal");
  }
  return host.input.isTerminal;
}

function notFound(plugin: ExecPlugin): string {
  if (plugin.command.includes("/")) return `exec: fork/exec ${plugin.command}: no such file or directory`;
  const hint = plugin.installHint === undefined || plugin.installHint === "" ? "" : `\n\n${plugin.installHint}`;
  return `exec: executable ${plugin.command} not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.\n\nTo learn more about this feature, consult the documentation available at:\n      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins${hint}`;
}

function clusterInfo(cluster: KubeCluster): Record<string, unknown> {
  const config = (cluster.extensions ?? []).find(({ name }) => name === "client.authentication.k8s.io/exec")?.extension;
  return {
    server: cluster.server,
    "tls-server-name": cluster["tls-server-name"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
    "certificate-authority-data": cluster["certificate-authority-data"],
    "proxy-url": cluster["proxy-url"],
    config,
  };
}

interface Answer {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly status?: { token?: string; clientCertificateData?: string; clientKeyData?: string; expirationTimestamp?: string };
}

function credentialsOf(output: string, plugin: ExecPlugin): ExecCredentials {
  const answer = decoded(output);
  if (answer.apiVersion !== plugin.apiVersion) {
    throw failed(`exec plugin is configured to use API version ${plugin.apiVersion}, plugin returned version ${answer.apiVersion ?? ""}`);
  }
  if (answer.status === undefined) throw failed("exec plugin didn't return a status field");
  return checked(answer.status);
}

/** In the words of upstream's decoder, which takes nothing for an object of its own and a bare word for YAML's text. */
function decoded(output: string): Answer {
  if (output.trim() === "") return { apiVersion: "client.authentication.k8s.io/__internal" };
  let answer: Answer | null;
  try {
    answer = JSON.parse(output) as Answer | null;
  } catch {
    const reason = output.trimStart().startsWith("{")
      ? jsonSyntaxError(output)
      : 'json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    throw failed(`decoding stdout: couldn't get version/kind; json parse error: ${reason}`);
  }
  return answer ?? {};
}

function checked(status: NonNullable<Answer["status"]>): ExecCredentials {
  const token = status.token ?? "";
  const [cert, key] = [status.clientCertificateData ?? "", status.clientKeyData ?? ""];
  if (token === "" && cert === "" && key === "") {
    throw failed("exec plugin didn't return a token or cert/key pair");
  }
  if ((cert === "") !== (key === "")) {
    throw failed("exec plugin returned only certificate or key, not both");
  }
  if (cert !== "" && !cert.includes("-----BEGIN "))
    throw failed("failed parsing client key/certificate: tls: failed to find any PEM data in certificate input");
  const expires = Date.parse(status.expirationTimestamp ?? "");
  return {
    ...(token === "" ? {} : { token }),
    ...(cert === "" ? {} : { cert, key }),
    ...(Number.isNaN(expires) ? {} : { expiresAt: expires }),
  };
}
