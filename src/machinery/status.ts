/**
 * The catalogue of Kubernetes Status errors: code, reason and message as upstream words them, because clients and people match on them.
 * Left out: anything that is not an answer to a user's mistake (see base/assert for our bugs).
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go
 */
import type { Status, StatusCause } from "../schema/shapes/meta.v1.ts";
import type { FieldError } from "./field.ts";
import { fieldErrorBody, fieldErrorText } from "./fieldErrors.ts";
import { goQuote } from "../schema/scalars/goText.ts";
import { groupResourceOf } from "./kind.ts";

/** Thrown by whatever answers an API request; becomes the response's Status body. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: Status & { code: number };
  /** Extra response headers, e.g. `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: Status & { code: number }, headers: Readonly<Record<string, string>> = {}) {
    super(status.message ?? status.reason ?? `status ${status.code}`);
    this.status = status;
    this.headers = headers;
  }
  withHeaders(headers: Readonly<Record<string, string>>): ApiError {
    return new ApiError(this.status, { ...this.headers, ...headers });
  }
  get code(): number {
    return this.status.code;
  }
  get reason(): string {
    return this.status.reason ?? "";
  }
}

export function isApiError(error: unknown, reason?: string): error is ApiError {
  return error instanceof ApiError && (reason === undefined || error.reason === reason);
}

export function failure(code: number, reason: string, message: string, details?: Status["details"]): ApiError {
  return new ApiError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** A resource as messages name it: `deployments.apps`. Any Kind or KindRef fits. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
}
/** A kind as messages name it: `Deployment.apps`. Any Kind or KindRef fits. */
export interface KindName {
  readonly group: string;
  readonly kind: string;
}

const named = (resource: ResourceName, name: string): Status["details"] => ({
  name,
  ...(resource.group === "" ? {} : { group: resource.group }),
  kind: resource.plural,
});

export function notFound(resource: ResourceName, name: string): ApiError {
  return failure(404, "NotFound", `${groupResourceOf(resource)} ${goQuote(name)} not found`, named(resource, name));
}

/** A path that nothing answers, as client-go words it. */
export function unknownPath(): ApiError {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

export function alreadyExists(resource: ResourceName, name: string): ApiError {
  return failure(409, "AlreadyExists", `${groupResourceOf(resource)} ${goQuote(name)} already exists`, named(resource, name));
}

/** After several random names were all taken. */
export function generateNameConflict(resource: ResourceName, name: string): ApiError {
  const text = `${groupResourceOf(resource)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`;
  return failure(409, "AlreadyExists", text, { ...named(resource, name), retryAfterSeconds: 1 });
}

/** The usual reason of a `conflict`: somebody else wrote in between. */
const staleObject = "the object has been modified; please apply your changes to the latest version and try again";

export function conflict(resource: ResourceName, name: string, reason: string = staleObject): ApiError {
  const text = `Operation cannot be fulfilled on ${groupResourceOf(resource)} ${goQuote(name)}: ${reason}`;
  return failure(409, "Conflict", text, named(resource, name));
}

/** Server-side apply met fields that others own. */
export function applyConflict(causes: StatusCause[], message: string): ApiError {
  return failure(409, "Conflict", message, { causes });
}

/** 422 with all the problems: `Deployment.apps "x" is invalid: [a, b]`. */
export function invalidObject(kind: KindName, name: string, errors: readonly FieldError[]): ApiError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const problems = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const who = `${kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`} ${goQuote(name)} is invalid`;
  return failure(422, "Invalid", texts.length === 0 ? who : `${who}: ${problems}`, {
    name,
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.kind,
    ...(errors.length === 0 ? {} : { causes: errors.map((e) => ({ reason: e.type, message: fieldErrorBody(e), field: e.path })) }),
  });
}

/** 422 without details: a patch that doesn't fit the object. */
export function unprocessable(): ApiError {
  return failure(422, "Invalid", "the server rejected our request due to an error in our request", {});
}

export function badRequest(message: string): ApiError {
  return failure(400, "BadRequest", message);
}

/** Without a name: `pods is forbidden: ...`. */
export function forbidden(resource: ResourceName, name: string, reason: string): ApiError {
  const what = groupResourceOf(resource);
  const text = name === "" ? `${what} is forbidden: ${reason}` : `${what} ${goQuote(name)} is forbidden: ${reason}`;
  return failure(403, "Forbidden", text, {
    ...(name === "" ? {} : { name }),
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
  });
}

/** Forbidden for a path that is no resource, e.g. `/metrics`. */
export function forbiddenPath(reason: string): ApiError {
  return failure(403, "Forbidden", `forbidden: ${reason}`, {});
}

export function unauthorized(message = "Unauthorized"): ApiError {
  return failure(401, "Unauthorized", message);
}

/** `action` as in `delete is not supported on resources of kind "bindings"`. */
export function methodNotAllowed(resource: ResourceName, action: string): ApiError {
  const text = `${action} is not supported on resources of kind ${goQuote(groupResourceOf(resource))}`;
  return failure(405, "MethodNotAllowed", text, {
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
  });
}

/** What a request with a verb that the path doesn't take is answered. */
export function methodNotSupported(): ApiError {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

/** 410: a watch or a continued list asks for a revision that is gone. */
export function expired(message = "The resourceVersion for the provided watch is too old."): ApiError {
  return failure(410, "Expired", message);
}

/** 410 for a watch from a revision before the compaction. */
export function tooOldResourceVersion(asked: number | string, oldest: number | string): ApiError {
  return expired(`too old resource version: ${asked} (${oldest})`);
}

export function tooManyRequests(message = "Too many requests, please try again later.", retryAfterSeconds = 1): ApiError {
  return failure(429, "TooManyRequests", message, { retryAfterSeconds }).withHeaders({ "retry-after": String(retryAfterSeconds) });
}

export function requestTooLarge(message = "limit is 3145728"): ApiError {
  return failure(413, "RequestEntityTooLarge", `Request entity too large: ${message}`);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const text = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return failure(415, "UnsupportedMediaType", text);
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return failure(406, "NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`);
}

export function internalError(cause: string): ApiError {
  return failure(500, "InternalError", `Internal error occurred: ${cause}`, { causes: [{ message: cause }] });
}

/** 504: the operation took longer than asked. */
export function timeout(message: string, retryAfterSeconds = 0): ApiError {
  return failure(504, "Timeout", `Timeout: ${message}`, retryAfterSeconds === 0 ? {} : { retryAfterSeconds });
}

/** 500 with a request to try again: the server can't do it just now. */
export function serverTimeout(resource: ResourceName, operation: string, retryAfterSeconds = 0): ApiError {
  const text = `The ${operation} operation against ${groupResourceOf(resource)} could not be completed at this time, please try again.`;
  return failure(500, "ServerTimeout", text, {
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  });
}

export function serviceUnavailable(reason: string): ApiError {
  return failure(503, "ServiceUnavailable", reason);
}
