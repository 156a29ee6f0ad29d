/**
 * The catalogue of Kubernetes Status errors: code, reason and message as upstream words them, because clients and people match on them.
 * Left out: anything that is not an answer to a user's mistake (see base/assert for our bugs).
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go
 */
import type { Status } from "../schema/shapes/meta.v1.ts";

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
