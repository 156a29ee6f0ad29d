/**
 * Credentials from a program that the kubeconfig names. Run when the first request is sent; asked again when they expire.
 * Upstream: client-go/plugin/pkg/client/auth/exec/exec.go
 */
import { KubectlError, textOf } from "../errors.ts";
import type { KubectlHost } from "../host.ts";
import type { ExecPlugin, KubeCluster } from "./model.ts";

export interface ExecCredentials {
  readonly token?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Milliseconds; undefined: for as long as the program runs. */
  readonly expiresAt?: number | undefined;
}

export async function execCredentials(plugin: ExecPlugin, cluster: KubeCluster, host: KubectlHost): Promise<ExecCredentials> {
  const interactive = isInteractive(plugin, host);
  const info = {
    kind: "ExecCredential",
    apiVersion: plugin.apiVersion,
    spec: { ...(plugin.provideClusterInfo === true ? { cluster: clusterInfo(cluster) } : {}), interactive },
  };
  const env: Record<string, string> = { KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  for (const { name, value } of plugin.env ?? []) env[name] = value;
  const found = await host.programs.find(plugin.command);
  if (found === undefined) throw new KubectlError(notFound(plugin));
  const { code, output } = await host.programs.capture(plugin.command, plugin.args ?? [], { env, interactive });
  if (code !== 0) throw new KubectlError(`getting credentials: exec: executable ${plugin.command} failed with exit code ${code}`);
  return credentialsOf(output, plugin);
}

function isInteractive(plugin: ExecPlugin, host: KubectlHost): boolean {
  const mode = plugin.interactiveMode ?? "IfAvailable";
  if (mode === "Never") return false;
  if (mode === "Always" && !host.input.isTerminal) {
    throw new KubectlError("getting credentials: exec plugin cannot support interactive mode: standard input is not a terminal");
  }
  return host.input.isTerminal;
}

function notFound(plugin: ExecPlugin): string {
  const hint = plugin.installHint === undefined || plugin.installHint === "" ? "" : `\n\n${plugin.installHint}`;
  return `getting credentials: exec: executable ${plugin.command} not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.\n\nTo learn more about this feature, consult the documentation available at:\n      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins${hint}`;
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
  let answer: Answer;
  try {
    answer = JSON.parse(output) as Answer;
  } catch (error) {
    throw new KubectlError(`getting credentials: decoding stdout: ${textOf(error)}`);
  }
  if (answer.apiVersion !== plugin.apiVersion) {
    throw new KubectlError(
      `getting credentials: exec plugin is configured to use API version ${plugin.apiVersion}, plugin returned version ${answer.apiVersion ?? ""}`,
    );
  }
  if (answer.status === undefined) throw new KubectlError("getting credentials: exec plugin didn't return a status field");
  return checked(answer.status);
}

function checked(status: NonNullable<Answer["status"]>): ExecCredentials {
  const token = status.token ?? "";
  const [cert, key] = [status.clientCertificateData ?? "", status.clientKeyData ?? ""];
  if (token === "" && cert === "" && key === "") {
    throw new KubectlError("getting credentials: exec plugin didn't return a token or cert/key pair");
  }
  if ((cert === "") !== (key === "")) {
    throw new KubectlError("getting credentials: exec plugin returned only certificate or key, not both");
  }
  const expires = Date.parse(status.expirationTimestamp ?? "");
  return {
    ...(token === "" ? {} : { token }),
    ...(cert === "" ? {} : { cert, key }),
    ...(Number.isNaN(expires) ? {} : { expiresAt: expires }),
  };
}
