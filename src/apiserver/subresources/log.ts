/** `pods/NAME/log`: what a container wrote, as its node's kubelet has it. Upstream: pkg/registry/core/pod/rest/log.go */
import type { FieldError } from "../../machinery/field.ts";
import { forbidden, invalid } from "../../machinery/fieldErrors.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import { ApiError, badRequest, failure, invalidObject } from "../../machinery/status.ts";
import { parseTime } from "../../machinery/time.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { Status } from "../../schema/shapes/meta.v1.ts";
import type { Query } from "../request/query.ts";
import type { ResourceCall } from "../server/call.ts";
import { present } from "../verbs/get.ts";
import { chosenContainer } from "./containerChoice.ts";
import { nodesOf } from "./nodes.ts";

const textHeaders = { "content-type": "text/plain", "cache-control": "no-cache, private" };

export async function readLog(call: ResourceCall): Promise<ApiResponse> {
  const { info } = call;
  const query = checkedLogQuery(info.query);
  const pod = (await present(call)).object as Pod;
  const container = chosenContainer(pod, info.query.text("container") ?? "");
  const node = pod.spec.nodeName ?? "";
  if (node === "") return { status: 200, headers: textHeaders, body: new Uint8Array(0) };
  const path = [pod.metadata.namespace ?? "", pod.metadata.name, container].map(encodeURIComponent).join("/");
  const answer = await nodesOf(call).request(node, {
    method: "GET",
    url: `/containerLogs/${path}${query === "" ? "" : `?${query}`}`,
    headers: {},
    signal: call.request.signal,
  });
  if (answer.status >= 400) throw await nodeError(answer);
  return { status: answer.status, headers: textHeaders, body: answer.body };
}

const forwarded = ["follow", "previous", "timestamps", "sinceSeconds", "sinceTime", "tailLines", "limitBytes", "stream"] as const;

/** The options that the kubelet is to see; throws 422 for what it can't mean. */
function checkedLogQuery(query: Query): string {
  const problems: FieldError[] = [];
  for (const name of ["tailLines", "sinceSeconds", "limitBytes"] as const) {
    const least = name === "tailLines" ? 0 : 1;
    const value = query.integer(name);
    if (value !== undefined && value < least) problems.push(invalid(name, value, leastText(least)));
  }
  const since = query.text("sinceTime");
  if (since !== undefined && since !== "" && parseTime(since) === undefined) {
    throw badRequest(`parsing time ${JSON.stringify(since)} as "2006-01-02T15:04:05Z07:00": cannot parse it`);
  }
  if (since !== undefined && query.text("sinceSeconds") !== undefined) {
    problems.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  }
  if (problems.length > 0) throw invalidObject({ group: "", kind: "PodLogOptions" }, "", problems);
  const pairs = forwarded.flatMap((name) => {
    const value = query.text(name);
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  return pairs.join("&");
}

function leastText(least: number): string {
  return least === 0 ? "must be greater than or equal to 0" : "must be greater than 0";
}

/** What the kubelet refused, as a Status of our own. */
export async function nodeError(answer: ApiResponse): Promise<ApiError> {
  const text = new TextDecoder().decode(await wholeBody(answer.body));
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === "Status") return new ApiError({ ...status, code: answer.status });
  } catch {
    // Plain text, as the kubelet mostly answers.
  }
  if (answer.status === 400) return badRequest(text.trim());
  if (answer.status === 404) {
    return failure(404, "NotFound", `the server could not find the requested resource ( ${text.trim()})`, {});
  }
  return failure(500, "InternalError", `an error on the server (${JSON.stringify(text.trim())}) has prevented the request from succeeding`);
}

async function wholeBody(body: ApiResponse["body"]): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const parts: number[] = [];
  for await (const part of body) parts.push(...part.subarray(0, 4_096));
  return Uint8Array.from(parts);
}
