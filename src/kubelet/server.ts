/**
 * The kubelet's own API: logs, exec, attach, port-forward, pods, statistics. The API server reaches it through its NodeConnector; a host may
 * bind it to a socket.
 * Upstream: pkg/kubelet/server/server.go
 */
import type { ApiRequest, ApiResponse, StreamSession } from "../machinery/http.ts";
import { ApiError, badRequest, failure, internalError } from "../machinery/status.ts";
import { goQuote } from "../machinery/goText.ts";
import type { ContainerStatus, Pod, PodStatus } from "../schema/shapes/core.v1.ts";
import type { ContainerRuntime } from "./ports/runtime.ts";
import { idOf } from "./worker/recovery.ts";
import { logBytes, loggedContainer, logQuery, podNotFound } from "./server/logs.ts";
import { cadvisorMetrics, kubeletMetrics, resourceMetrics } from "./server/exposition.ts";
import type { Summary } from "./server/stats.ts";

/** What the server sees of its kubelet. */
export interface KubeletView {
  readonly nodeName: string;
  readonly runtime: ContainerRuntime;
  now(): number;
  pods(): readonly Pod[];
  /** A pod on this node with its newest status, which the API may not have yet. */
  find(
    namespace: string,
    name: string,
  ): { readonly pod: Pod; readonly status: PodStatus; readonly sandboxId: string | undefined } | undefined;
  summary(): Promise<Summary>;
  /** With what is on disk, which takes time to count. */
  wholeSummary(): Promise<Summary>;
}

const encoder = new TextEncoder();
const plain = { "content-type": "text/plain" };

function text(status: number, body: string): ApiResponse {
  return { status, headers: plain, body: encoder.encode(body) };
}

function exposition(body: string): ApiResponse {
  return { status: 200, headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, body: encoder.encode(body) };
}

function json(status: number, body: unknown): ApiResponse {
  return { status, headers: { "content-type": "application/json" }, body: encoder.encode(JSON.stringify(body)) };
}

function partsOf(url: string): { readonly parts: readonly string[]; readonly query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, "https://node");
  return {
    parts: pathname
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent),
    query: searchParams,
  };
}

export class KubeletServer {
  private readonly view: KubeletView;

  constructor(view: KubeletView) {
    this.view = view;
  }

  /** Never throws: a failure is a Status. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    try {
      return await this.answer(request);
    } catch (error) {
      const known = error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : String(error));
      return json(known.code, known.status);
    }
  }

  private async answer(request: ApiRequest): Promise<ApiResponse> {
    const { parts, query } = partsOf(request.url);
    if (request.method !== "GET" && request.method !== "HEAD") return text(405, "405: Method Not Allowed");
    switch (parts[0]) {
      case "healthz":
        return text(200, "ok");
      case "pods":
        return json(200, { kind: "PodList", apiVersion: "v1", metadata: {}, items: this.view.pods() });
      case "stats":
        if (parts[1] === "summary") return json(200, await this.stats(query));
        break;
      case "metrics":
        if (parts[1] === undefined) return exposition(kubeletMetrics(this.view.nodeName, this.view.pods()));
        if (parts[1] === "resource") return exposition(resourceMetrics(await this.view.summary()));
        if (parts[1] === "cadvisor") return exposition(cadvisorMetrics(await this.view.summary()));
        break;
      case "containerLogs":
        return await this.logs(parts, query, request.signal);
      default:
    }
    throw failure(404, "NotFound", "404 page not found");
  }

  private stats(query: URLSearchParams): Promise<Summary> {
    return query.get("only_cpu_and_memory") === "true" ? this.view.summary() : this.view.wholeSummary();
  }

  private async logs(parts: readonly string[], query: URLSearchParams, signal: AbortSignal | undefined): Promise<ApiResponse> {
    const { found, name, container } = this.target(parts);
    const asked = logQuery(query, this.view.now());
    const status = statusOf(found.status, container);
    if (status === undefined) throw failure(404, "NotFound", `container ${goQuote(container)} not found in pod ${goQuote(name)}`);
    const id = loggedContainer(status, { pod: name, container }, asked.previous);
    const { runtime } = this.view;
    if ((await runtime.containers.status(id)) === undefined) {
      return text(200, `unable to retrieve container logs for ${runtime.version.split("://")[0] ?? ""}://${id}`);
    }
    return { status: 200, headers: plain, body: logBytes(runtime.streams, id, asked, signal) };
  }

  /** Runs the session until it ends; throws ApiError when it can't begin. */
  async stream(url: string, peer: StreamSession): Promise<void> {
    const { parts, query } = partsOf(url);
    const { streams } = this.view.runtime;
    switch (parts[0]) {
      case "exec": {
        const command = query.getAll("command");
        if (command.length === 0) throw badRequest("you must specify at least 1 command for the container");
        return await streams.exec(this.runningContainer(parts), { command, ...channels(query) }, peer);
      }
      case "attach":
        return await streams.attach(this.runningContainer(parts), channels(query), peer);
      case "portForward":
        return await streams.portForward(this.sandbox(parts), portIn(query), peer);
      default:
        throw failure(404, "NotFound", "404 page not found");
    }
  }

  private target(parts: readonly string[]): { found: NonNullable<ReturnType<KubeletView["find"]>>; name: string; container: string } {
    const [, namespace = "", name = "", container = ""] = parts;
    const found = this.view.find(namespace, name);
    if (found === undefined) throw podNotFound(name);
    return { found, name, container };
  }

  private runningContainer(parts: readonly string[]): string {
    const { found, container } = this.target(parts);
    const status = statusOf(found.status, container);
    if (status?.state?.running === undefined)
      throw internalError(`unable to upgrade connection: container not found (${goQuote(container)})`);
    return idOf(status.containerID);
  }

  private sandbox(parts: readonly string[]): string {
    const { found, name } = this.target(parts);
    if (found.sandboxId === undefined) throw internalError(`unable to upgrade connection: pod ${goQuote(name)} has no sandbox`);
    return found.sandboxId;
  }
}

function statusOf(status: PodStatus, container: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((candidate) => candidate.name === container);
}

function isSet(query: URLSearchParams, ...names: readonly string[]): boolean {
  return names.some((name) => ["true", "1"].includes(query.get(name) ?? ""));
}

/** Both the API's names of the parameters and the kubelet's own. */
function channels(query: URLSearchParams): { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean } {
  const asked = {
    stdin: isSet(query, "stdin", "input"),
    stdout: isSet(query, "stdout", "output"),
    stderr: isSet(query, "stderr", "error"),
    tty: isSet(query, "tty"),
  };
  if (!asked.stdin && !asked.stdout && !asked.stderr) throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  return asked;
}

function portIn(query: URLSearchParams): number {
  const port = Number(query.get("port") ?? query.get("ports"));
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw badRequest(`Port must be a number between 1 and 65535: ${query.get("port") ?? ""}`);
  return port;
}
