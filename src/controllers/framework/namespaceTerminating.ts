/** Tells why a create was refused. Upstream: staging/src/k8s.io/api/core/v1/types.go (NamespaceTerminatingCause) */
import { isApiError } from "../../machinery/status.ts";

/** The namespace is being deleted and takes nothing new. Whoever wanted to create something there has nothing left to do. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!isApiError(error, "Forbidden")) return false;
  return error.status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") === true;
}
