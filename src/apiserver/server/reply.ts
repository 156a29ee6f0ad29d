/** Answers: an object, a list or a Status in the form that was negotiated, with the headers that every answer carries. */
import { stringify } from "yaml";
import type { ApiResponse } from "../../machinery/http.ts";
import { ApiError } from "../../machinery/status.ts";
import type { Status } from "../../schema/shapes/meta.v1.ts";
import { mediaTypes } from "../request/negotiate.ts";
import type { Output } from "../request/negotiate.ts";
import { includeObjectOf, partialOf, tableOf } from "../table/convert.ts";
import type { ObjectView } from "../storage/stored.ts";
import { asServed } from "./call.ts";
import type { ResourceCall } from "./call.ts";

const encoder = new TextEncoder();

export const plainJson: Output = { media: "json", pretty: false, convert: undefined, convertVersion: "" };

/** An object of the resource, as it is stored. */
export function replyObject(call: ResourceCall, code: number, view: ObjectView): ApiResponse {
  const { output, kind } = call;
  if (output.convert === undefined && output.media === "json" && !output.pretty && kind.storedAs === undefined) {
    return reply(call, code, view.json());
  }
  const object = asServed(call, view.object);
  if (output.convert === "Table") {
    const include = includeObjectOf(call.info.query);
    const now = call.registry.clock.now();
    return replyAny(call, code, tableOf(kind, [object], { include, now, version: output.convertVersion }));
  }
  if (output.convert !== undefined) return replyAny(call, code, partialOf(object, output.convertVersion));
  return replyAny(call, code, object);
}

/** Something else than the resource's own kind: a Scale, a Status, a Table. */
export function replyAny(call: Pick<ResourceCall, "output" | "warnings">, code: number, value: object): ApiResponse {
  return reply(call, code, encoded(value, call.output));
}

export function encoded(value: object, output: Output): Uint8Array {
  if (output.media === "yaml") return encoder.encode(stringify(value, { aliasDuplicateObjects: false }));
  return encoder.encode(output.pretty ? `${JSON.stringify(value, undefined, 2)}\n` : `${JSON.stringify(value)}\n`);
}

export function reply(
  call: { readonly output: Output; readonly warnings: readonly string[] },
  code: number,
  body: ApiResponse["body"],
): ApiResponse {
  const headers: Record<string, string> = { "content-type": mediaTypes[call.output.media], "cache-control": "no-cache, private" };
  if (call.warnings.length > 0) headers["warning"] = call.warnings.map(warningHeader).join(", ");
  return { status: code, headers, body };
}

/** A Status for whatever went wrong, in the form that the client asked for where that is known. */
export function replyError(error: ApiError, output: Output, warnings: readonly string[]): ApiResponse {
  const response = reply({ output: { ...output, convert: undefined }, warnings }, error.code, encoded(error.status, output));
  return { ...response, headers: { ...response.headers, ...error.headers } };
}

export function successStatus(details: Status["details"], code = 200): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", ...(details === undefined ? {} : { details }), code };
}

/** RFC 7234 warn-text: quoted, with what can't stand in a header left out. Upstream: net/http.go NewWarningHeader */
function warningHeader(text: string): string {
  const safe = text.replace(/\p{Cc}+/gu, " ").replace(/[\\"]/g, "\\$&");
  return `299 - "${safe}"`;
}
