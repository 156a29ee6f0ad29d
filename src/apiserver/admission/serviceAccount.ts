/** Every pod runs as a ServiceAccount and, unless told otherwise, gets its token. Upstream: plugin/pkg/admission/serviceaccount/admission.go */
import { serviceAccount as serviceAccountKind } from "../../api/core/v1/serviceAccount.ts";
import type { Rng } from "../../base/rng.ts";
import { nameSuffix } from "../../base/rng.ts";
import { forbidden } from "../../machinery/status.ts";
import type { Container, Pod, Volume } from "../../schema/shapes/core.v1.ts";
import type { AdmissionStep, Attributes } from "./admission.ts";
import type { Caches } from "./caches.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
/** An hour and 7 seconds, so that its tokens can be told from others'. */
const tokenSeconds = 3_607;

export function serviceAccount(caches: Caches, rng: Rng): AdmissionStep {
  return {
    name: "ServiceAccount",
    admit(attributes) {
      const { operation, kind, subresource, object } = attributes;
      if (operation !== "create" || kind.group !== "" || kind.plural !== "pods" || subresource !== "") return undefined;
      if (object?.metadata.annotations?.[mirrorAnnotation] !== undefined) return checkMirror(attributes);
      return giveAccount(caches, rng, attributes);
    },
  };
}

/** A static pod's image in the API can't use what the API holds. */
function checkMirror({ kind, object, name }: Attributes): undefined {
  const { spec } = object as Pod;
  if ((spec.serviceAccountName ?? "") !== "") throw forbidden(kind, name, "a mirror pod may not reference service accounts");
  return undefined;
}

async function giveAccount(caches: Caches, rng: Rng, { kind, object, namespace }: Attributes): Promise<void> {
  const pod = object as Pod;
  const { spec } = pod;
  const shown = pod.metadata.name ?? "";
  spec.serviceAccountName ||= "default";
  spec.serviceAccount = spec.serviceAccountName;
  const account = await caches.find(serviceAccountKind, namespace, spec.serviceAccountName);
  if (account === undefined) {
    const which = `${namespace}/${spec.serviceAccountName}`;
    const text = `error looking up service account ${which}: serviceaccount ${JSON.stringify(spec.serviceAccountName)} not found`;
    throw forbidden(kind, shown, text);
  }
  const mounts = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (mounts) mountToken(pod, rng);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
    spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
  }
}

function mountToken(pod: Pod, rng: Rng): void {
  const { spec } = pod;
  const volumes = spec.volumes ?? [];
  const known = volumes.find(({ name, projected }) => name.startsWith(volumePrefix) && projected !== undefined);
  const name = known?.name ?? volumePrefix + nameSuffix(rng);
  let used = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (mountsAlready(container)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    used = true;
  }
  if (used && known === undefined) spec.volumes = [...volumes, tokenVolume(name)];
}

function mountsAlready(container: Container): boolean {
  return (container.volumeMounts ?? []).some((mount) => mount.mountPath === mountPath);
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
      ],
      defaultMode: 420,
    },
  };
}
