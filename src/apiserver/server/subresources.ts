/** The sub-resources beside status and scale, by resource: what discovery says of them and what answers them. */
import type { Kind } from "../../machinery/kind.ts";
import { getScale, patchScale, updateScale } from "../subresources/scale.ts";
import { getStatus, patchStatus, updateStatus } from "../subresources/status.ts";
import { createBinding } from "../subresources/binding.ts";
import { createEviction } from "../subresources/eviction.ts";
import { finalize } from "../subresources/finalize.ts";
import { readLog } from "../subresources/log.ts";
import { nodeProxy } from "../subresources/proxy/nodeProxy.ts";
import { podProxy, serviceProxy } from "../subresources/proxy/podProxy.ts";
import { patchEphemeralContainers, updateEphemeralContainers } from "../subresources/ephemeralContainers.ts";
import { patchResize, updateResize } from "../subresources/resize.ts";
import { createToken } from "../subresources/token.ts";
import { get } from "../verbs/get.ts";
import { upgradeOnly } from "../subresources/session.ts";
import type { ResourceHandler } from "./call.ts";

export interface Subresource {
  readonly name: string;
  /** The kind that it speaks; absent: the resource's own. */
  readonly speaks?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly handlers: Readonly<Record<string, ResourceHandler>>;
  /** Whether it takes further path behind its name. */
  readonly takesPath?: true;
}

const status: Subresource = { name: "status", handlers: { get: getStatus, patch: patchStatus, update: updateStatus } };
const scale: Subresource = {
  name: "scale",
  speaks: { group: "autoscaling", version: "v1", kind: "Scale" },
  handlers: { get: getScale, patch: patchScale, update: updateScale },
};

const session = (name: string, kind: string): Subresource => ({
  name,
  speaks: { group: "", version: "v1", kind },
  handlers: { create: upgradeOnly, get: upgradeOnly },
});

const proxy = (kind: string, handler: ResourceHandler): Subresource => ({
  name: "proxy",
  speaks: { group: "", version: "v1", kind },
  handlers: { create: handler, delete: handler, get: handler, patch: handler, update: handler },
  takesPath: true,
});

const special: Readonly<Record<string, readonly Subresource[]>> = {
  "/pods": [
    session("attach", "PodAttachOptions"),
    { name: "binding", speaks: { group: "", version: "v1", kind: "Binding" }, handlers: { create: createBinding } },
    {
      name: "ephemeralcontainers",
      handlers: { get, patch: patchEphemeralContainers, update: updateEphemeralContainers },
    },
    { name: "eviction", speaks: { group: "policy", version: "v1", kind: "Eviction" }, handlers: { create: createEviction } },
    session("exec", "PodExecOptions"),
    { name: "log", handlers: { get: readLog } },
    session("portforward", "PodPortForwardOptions"),
    proxy("PodProxyOptions", podProxy),
    { name: "resize", handlers: { get, patch: patchResize, update: updateResize } },
  ],
  "/nodes": [proxy("NodeProxyOptions", nodeProxy)],
  "/services": [proxy("ServiceProxyOptions", serviceProxy)],
  "/namespaces": [{ name: "finalize", handlers: { update: finalize } }],
  "/serviceaccounts": [
    {
      name: "token",
      speaks: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
      handlers: { create: createToken },
    },
  ],
};

/** In alphabetical order, as discovery lists them. */
export function subresourcesOf(kind: Kind): readonly Subresource[] {
  const generic = [...(kind.subresources.includes("scale") ? [scale] : []), ...(kind.subresources.includes("status") ? [status] : [])];
  return [...generic, ...(special[`${kind.group}/${kind.plural}`] ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
}
