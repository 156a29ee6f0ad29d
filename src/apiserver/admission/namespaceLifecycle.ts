/** Nothing is created in a namespace that isn't there or is on its way out. Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle */
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { ApiError, forbidden, notFound } from "../../machinery/status.ts";
import type { AdmissionStep, Attributes } from "./admission.ts";
import type { Caches } from "./caches.ts";

/** These can't be deleted. */
const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

export function namespaceLifecycle(caches: Caches): AdmissionStep {
  return {
    name: "NamespaceLifecycle",
    admit(attributes) {
      return attributes.operation === "create" && attributes.kind.namespaced ? checkNamespace(caches, attributes) : undefined;
    },
    validate({ operation, kind, name }) {
      if (operation === "delete" && kind.group === "" && kind.plural === "namespaces" && immortal.has(name)) {
        throw forbidden(kind, name, "this namespace may not be deleted");
      }
    },
  };
}

async function checkNamespace(caches: Caches, { kind, namespace, object }: Attributes): Promise<void> {
  const found = await caches.find(namespaceKind, "", namespace);
  if (found === undefined) throw notFound(namespaceKind, namespace);
  if (found.status?.phase !== "Terminating" && found.metadata.deletionTimestamp === undefined) return;
  const because = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const error = forbidden(kind, object?.metadata.name ?? "", because);
  const cause = { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" };
  throw new ApiError({ ...error.status, details: { ...error.status.details, causes: [cause] } });
}
