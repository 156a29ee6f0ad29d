/**
 * One probe, run once. Upstream: pkg/kubelet/prober/prober.go, pkg/probe/{http,tcp,exec,grpc}
 */
import type { Container, HTTPHeader, Probe } from "../../schema/shapes/core.v1.ts";
import type { ProbeDialer } from "../ports/probeDialer.ts";
import type { Streams } from "../ports/runtime.ts";

export type ProbeResult =
  | { readonly verdict: "success" }
  | { readonly verdict: "failure"; readonly output: string }
  /** The probe itself could not be run. */
  | { readonly verdict: "unknown"; readonly output: string };

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

export interface ProbeTools {
  readonly dialer: ProbeDialer;
  readonly streams: Pick<Streams, "execSync">;
  /** `1.36`: part of the User-Agent. */
  readonly minorVersion: string;
}

const success: ProbeResult = { verdict: "success" };
const maxOutputBytes = 10 * 1024;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function portOf(port: number | string, container: Container): number | undefined {
  if (typeof port === "number") return port;
  const named = container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  const number = named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
  return number !== undefined && number > 0 && number < 65_536 ? number : undefined;
}

export async function runProbe(probe: Probe, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec !== undefined) return await runExec(probe.exec.command ?? [], target, tools, timeoutMs);
  if (probe.httpGet !== undefined) return await runHttp(probe, target, tools, timeoutMs);
  const raw = probe.tcpSocket?.port ?? probe.grpc?.port;
  if (raw === undefined) return { verdict: "unknown", output: `missing probe handler for ${target.container.name}` };
  const port = portOf(raw, target.container);
  if (port === undefined) return { verdict: "unknown", output: `invalid port number: ${raw}` };
  if (probe.grpc !== undefined) return await runGrpc(probe.grpc.service ?? "", port, target, { tools, timeoutMs });
  try {
    await tools.dialer.tcp(hostOr(probe.tcpSocket?.host, target), port, timeoutMs);
    return success;
  } catch (error) {
    return { verdict: "failure", output: textOf(error) };
  }
}

function hostOr(host: string | undefined, target: ProbeTarget): string {
  return host === undefined || host === "" ? target.podIp : host;
}

async function runExec(command: readonly string[], target: ProbeTarget, tools: ProbeTools, timeoutMs: number): Promise<ProbeResult> {
  try {
    const result = await tools.streams.execSync(target.containerId, command, timeoutMs);
    if (result.timedOut) return { verdict: "failure", output: `command "${command.join(" ")}" timed out` };
    if (result.exitCode === 0) return success;
    const decoder = new TextDecoder();
    return { verdict: "failure", output: `${decoder.decode(result.stdout)}${decoder.decode(result.stderr)}`.slice(0, maxOutputBytes) };
  } catch (error) {
    return { verdict: "unknown", output: textOf(error) };
  }
}

async function runHttp(probe: Probe, target: ProbeTarget, tools: ProbeTools, timeoutMs: number): Promise<ProbeResult> {
  const { httpGet } = probe;
  if (httpGet === undefined) return success;
  const port = portOf(httpGet.port, target.container);
  if (port === undefined) return { verdict: "unknown", output: `invalid port number: ${httpGet.port}` };
  const path = httpGet.path ?? "/";
  try {
    const answer = await tools.dialer.http({
      scheme: httpGet.scheme === "HTTPS" ? "HTTPS" : "HTTP",
      host: hostOr(httpGet.host, target),
      port,
      path: path.startsWith("/") ? path : `/${path}`,
      headers: headersOf(httpGet.httpHeaders ?? [], tools.minorVersion),
      timeoutMs,
    });
    if (answer.status >= 200 && answer.status < 400) return success;
    return { verdict: "failure", output: `HTTP probe failed with statuscode: ${answer.status}` };
  } catch (error) {
    return { verdict: "failure", output: textOf(error) };
  }
}

function headersOf(own: readonly HTTPHeader[], minorVersion: string): { name: string; value: string }[] {
  const has = (name: string): boolean => own.some((header) => header.name.toLowerCase() === name);
  const out = own.filter((header) => header.value !== "").map(({ name, value }) => ({ name, value }));
  if (!has("user-agent")) out.push({ name: "User-Agent", value: `kube-probe/${minorVersion}` });
  if (!has("accept")) out.push({ name: "Accept", value: "*/*" });
  return out;
}

interface GrpcTools {
  readonly tools: ProbeTools;
  readonly timeoutMs: number;
}

async function runGrpc(service: string, port: number, target: ProbeTarget, { tools, timeoutMs }: GrpcTools): Promise<ProbeResult> {
  try {
    const status = await tools.dialer.grpc(target.podIp, port, service, timeoutMs);
    return status === "SERVING" ? success : { verdict: "failure", output: `service unhealthy (responded with "${status}")` };
  } catch (error) {
    return { verdict: "failure", output: textOf(error) };
  }
}
