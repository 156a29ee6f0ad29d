/**
 * The body of a write: which media type it has, how large it may be.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go
 */
import type { ApiRequest } from "../../machinery/http.ts";
import { requestTooLarge } from "../../machinery/status.ts";

/** As upstream. The listener needn't read further than one byte behind this. */
export const maxBodyBytes: number = 3 * 1024 * 1024;
const empty = new Uint8Array(0);

/** Throws 413. */
export function bodyOf(request: ApiRequest): Uint8Array {
  const body = request.body ?? empty;
  if (body.length > maxBodyBytes) throw requestTooLarge(`limit is ${maxBodyBytes}`);
  return body;
}

/** `application/json; charset=utf-8` -> `application/json`, lower case. */
export function contentTypeOf(request: ApiRequest): string {
  const header = request.headers["content-type"] ?? "";
  const end = header.indexOf(";");
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}
