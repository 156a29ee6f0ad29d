/** A request's body as an object of the kind that the URL names; warnings go where the request collects them. */
import { decodeBody } from "../../machinery/decode.ts";
import type { ExpectedKind } from "../../machinery/decode.ts";
import type { ApiRequest } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { bodyOf } from "./body.ts";
import type { FieldValidation } from "./writeOptions.ts";

export interface DecodeTarget {
  readonly kind: ExpectedKind;
  readonly validation: FieldValidation;
  readonly warn: (text: string) => void;
}

/** Throws 400, 413 and 415. The object carries the kind's own apiVersion and kind and always has metadata. */
export function decodeRequest(request: ApiRequest, target: DecodeTarget): KubeObject {
  const options = { contentType: request.headers["content-type"], validation: target.validation };
  const { object, warnings } = decodeBody(bodyOf(request), target.kind, options);
  for (const warning of warnings) target.warn(warning);
  return object;
}
