/**
 * client-go's words for an answer that isn't a Status, from its code alone.
 * Upstream: apimachinery/pkg/api/errors/errors.go (NewGenericServerResponse)
 */
import { type ApiError, failure } from "../machinery/status.ts";
import { goQuote } from "../schema/scalars/goText.ts";

export interface UnreadAnswer {
  readonly code: number;
  /** `GET`. */
  readonly method: string;
  readonly path: string;
  /** The body, where it is plain text. */
  readonly text: string | undefined;
}

const told: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  400: ["BadRequest", "the server rejected our request for an unknown reason"],
  401: ["Unauthorized", "the server has asked for the client to provide credentials"],
  404: ["NotFound", "the server could not find the requested resource"],
  405: ["MethodNotAllowed", "the server does not allow this method on the requested resource"],
  409: ["Conflict", "the server reported a conflict"],
  422: ["Invalid", "the server rejected our request due to an error in our request"],
  429: ["TooManyRequests", "the server has received too many requests and has asked us to try again later"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  504: ["Timeout", "the server was unable to return a response in the time allotted, but may still be processing the request"],
};

export function genericFailure(answer: UnreadAnswer): ApiError {
  const [reason, message] = wordsFor(answer);
  return failure(answer.code, reason, message + whereOf(answer), {});
}

function wordsFor({ code, text = "unknown" }: UnreadAnswer): readonly [reason: string, message: string] {
  const known = told[code];
  if (known !== undefined) return known;
  if (code === 403) return ["Forbidden", text];
  if (code === 406) {
    return [
      "NotAcceptable",
      text === "" || text === "unknown" ? "the server was unable to respond with a content type that the client supports" : text,
    ];
  }
  if (code === 415) return ["UnsupportedMediaType", text];
  if (code >= 500) return ["InternalError", `an error on the server (${goQuote(text)}) has prevented the request from succeeding`];
  return ["", `the server responded with the status code ${code} but did not return more information`];
}

/** ` (get pods web)` for paths of resources. */
function whereOf({ method, path }: UnreadAnswer): string {
  const match = /^\/(?:api|apis\/([^/]+))\/[^/]+\/(?:namespaces\/[^/]+\/(?=[^/]))?([^/?]+)(?:\/([^/?]+))?/.exec(path);
  if (match === null) return "";
  const [, group, resource = "", name] = match;
  const shown = group === undefined ? resource : `${resource}.${group}`;
  return ` (${method.toLowerCase()} ${shown}${name === undefined ? "" : ` ${decodeURIComponent(name)}`})`;
}
