/**
 * Logs of a container: which attempt, from when, how much. Upstream: pkg/kubelet/kubelet_pods.go (validateContainerLogStatus), pkg/kubelet/server/server.go
 */
import { goQuote } from "../../machinery/goText.ts";
import { ApiError, badRequest, failure } from "../../machinery/status.ts";
import { parseTime } from "../../machinery/time.ts";
import type { ContainerState, ContainerStatus } from "../../schema/shapes/core.v1.ts";
import type { LogLine, Streams } from "../ports/runtime.ts";
import { idOf } from "../worker/recovery.ts";

export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly sinceMs: number | undefined;
  readonly limitBytes: number | undefined;
  readonly stream: "All" | "Stdout" | "Stderr";
}

function integer(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < least)
    throw badRequest(`Invalid value: ${goQuote(text)}: ${name} must be greater than or equal to ${least}`);
  return value;
}

function flag(query: URLSearchParams, name: string): boolean {
  return ["true", "1", "t", "T", "TRUE", "True"].includes(query.get(name) ?? "");
}

/** Throws ApiError (400) for what can't be read. */
export function logQuery(query: URLSearchParams, nowMs: number): LogQuery {
  const sinceSeconds = integer(query, "sinceSeconds", 1);
  const sinceTime = query.get("sinceTime");
  const sinceTimeMs = sinceTime === null ? undefined : parseTime(sinceTime);
  if (sinceTime !== null && sinceTimeMs === undefined)
    throw badRequest(`Invalid value: ${goQuote(sinceTime)}: sinceTime must be an RFC 3339 time`);
  const stream = query.get("stream") ?? "All";
  if (stream !== "All" && stream !== "Stdout" && stream !== "Stderr") throw badRequest(`Unsupported value: ${goQuote(stream)}: stream`);
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    tailLines: integer(query, "tailLines", 0),
    sinceMs: sinceSeconds === undefined ? sinceTimeMs : nowMs - sinceSeconds * 1000,
    limitBytes: integer(query, "limitBytes", 1),
    stream,
  };
}

/** The id of the attempt whose log is meant; throws ApiError (400) where there is none. */
export function loggedContainer(status: ContainerStatus | undefined, where: { pod: string; container: string }, previous: boolean): string {
  const name = `${goQuote(where.container)} in pod ${goQuote(where.pod)}`;
  if (status === undefined) throw badRequest(`container ${name} is not available`);
  const last = status.lastState?.terminated;
  if (previous) {
    if (last?.containerID === undefined) throw badRequest(`previous terminated container ${name} not found`);
    return idOf(last.containerID);
  }
  const { running, terminated, waiting } = status.state ?? {};
  if (running !== undefined) return idOf(status.containerID);
  const ended = terminated?.containerID ?? last?.containerID;
  if (ended !== undefined) return idOf(ended);
  if (terminated !== undefined || last !== undefined) throw badRequest(`container ${name} is terminated`);
  throw badRequest(`container ${name} is waiting to start${waitingText(waiting)}`);
}

function waitingText(waiting: ContainerState["waiting"]): string {
  switch (waiting?.reason) {
    case undefined:
      return " - no logs yet";
    case "ErrImagePull":
      return ": image can't be pulled";
    case "ImagePullBackOff":
      return ": trying and failing to pull image";
    default:
      return `: ${waiting?.reason ?? ""}`;
  }
}

const encoder = new TextEncoder();
const lineFeed = 10;

export async function* logBytes(
  streams: Streams,
  containerId: string,
  query: LogQuery,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const { follow, tailLines, sinceMs } = query;
  let left = query.limitBytes ?? Infinity;
  const open = { stdout: false, stderr: false };
  for await (const line of streams.logs(containerId, { follow, tailLines, sinceMs, signal })) {
    if (query.stream !== "All" && query.stream.toLowerCase() !== line.stream) continue;
    if (query.timestamps && !open[line.stream]) {
      const stamp = encoder.encode(`${timestamp(line)} `);
      yield stamp.subarray(0, Math.min(left, stamp.length));
      left -= stamp.length;
    }
    open[line.stream] = line.text.at(-1) !== lineFeed;
    if (left > 0) yield line.text.subarray(0, Math.min(left, line.text.length));
    left -= line.text.length;
    if (left <= 0) return;
  }
}

/** RFC 3339 with nanoseconds. */
function timestamp(line: LogLine): string {
  return `${new Date(line.timeMs).toISOString().slice(0, 23)}000000Z`;
}

export function podNotFound(name: string): ApiError {
  return failure(404, "NotFound", `pod ${goQuote(name)} not found`);
}
