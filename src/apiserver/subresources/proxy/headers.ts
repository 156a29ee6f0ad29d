/** Which of a client's headers go on to what answers behind this server: not those of the connection, and not who asks. */
import { type ApiRequest, connectionHeaders } from "../../../machinery/http.ts";

/** Between the client and this server; the length is counted anew. */
const ours: ReadonlySet<string> = new Set(["authorization", "content-length", "http2-settings"]);
const noHeaders: ReadonlySet<string> = new Set();

/** `kept`: those of the connection that go on all the same. */
export function passedOn({ headers }: ApiRequest, kept: ReadonlySet<string> = noHeaders): Readonly<Record<string, string | undefined>> {
  const host = headers["host"] ?? headers[":authority"];
  const passed = Object.entries(headers).filter(
    ([name]) => kept.has(name) || !(connectionHeaders.has(name) || ours.has(name) || /^(:|impersonate-)/.test(name)),
  );
  return { ...Object.fromEntries(passed), ...(host === undefined ? {} : { host }) };
}
