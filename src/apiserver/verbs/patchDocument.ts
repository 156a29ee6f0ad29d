/** A patch as it came, checked once and applied to as many versions of the object as it takes. */
import type { KubeObject } from "../../machinery/kind.ts";
import { badRequest } from "../../machinery/status.ts";
import { decodeBody } from "../../machinery/decode.ts";
import type { DecodeTarget } from "../request/decode.ts";
import type { PatchType } from "./patch.ts";

export interface Patch {
  /** Throws 422 or 400 when it doesn't fit. */
  apply(current: KubeObject): KubeObject;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function parsePatch(_type: PatchType, body: Uint8Array, target: DecodeTarget): Patch {
  let document: unknown;
  try {
    document = JSON.parse(decoder.decode(body));
  } catch (error) {
    throw badRequest(`error decoding patch: ${String(error)}`);
  }
  return {
    apply(current) {
      const merged = mergePatch(current, document);
      const bytes = encoder.encode(JSON.stringify(merged));
      const { object, warnings } = decodeBody(bytes, target.kind, { contentType: "application/json", validation: target.validation });
      for (const warning of warnings) target.warn(warning);
      return object;
    },
  };
}

function mergePatch(current: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const out: Record<string, unknown> = typeof current === "object" && current !== null && !Array.isArray(current) ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = mergePatch(out[key], value);
  }
  return out;
}
