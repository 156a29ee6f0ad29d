/**
 * Where a list that was cut off goes on: a revision and the last key, in upstream's encoding.
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/continue.go
 */
import { badRequest } from "../../machinery/status.ts";

export interface Continuation {
  /** -1: goes on at the newest revision, at the price of consistency. */
  readonly revision: number;
  /** The first key not yet returned, or just before it. */
  readonly startKey: string;
}

/** `lastKey` was the last one returned. */
export function encodeContinue(prefix: string, lastKey: string, revision: number): string {
  const token = { v: "meta.k8s.io/v1", rv: revision, start: `${lastKey.slice(prefix.length)}\u0000` };
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(token))));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Throws 400. */
export function decodeContinue(prefix: string, token: string): Continuation {
  const fields = parse(token);
  const { v, rv, start } = fields;
  if (v !== "meta.k8s.io/v1") throw badRequest(`continue key is not valid: server does not recognize this encoded version ${String(v)}`);
  if (typeof rv !== "number" || !Number.isInteger(rv) || rv === 0) {
    throw badRequest("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (typeof start !== "string" || start === "") {
    throw badRequest("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  }
  if (/^\/|\/\/|(^|\/)\.\.?(\/|$)/.test(start)) throw badRequest(`continue key is not valid: ${start}`);
  return { revision: rv, startKey: prefix + start };
}

function parse(token: string): Record<string, unknown> {
  try {
    const bytes = Uint8Array.from(atob(token.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    throw badRequest(`continue key is not valid: ${error instanceof Error ? error.message : String(error)}`);
  }
}
