/** How pods and their containers are named in events and messages. Upstream: pkg/kubelet/util/format/pod.go, pkg/kubelet/container/ref.go */
import { pod as podKind } from "../../api/core/v1/pod.ts";
import type { ObjectPart } from "../../client/client.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";

/** `web-1_default(6f1c...)`. */
export function podText(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? ""}(${pod.metadata.uid ?? ""})`;
}

/** Objects out of a list carry no kind; events need one. */
export function withKind(pod: Pod): Pod & KubeObject {
  return pod.kind === undefined ? { ...pod, apiVersion: podKind.version, kind: podKind.kind } : pod;
}

/** What an event about one container regards. */
export function partOf(pod: Pod, container: string): ObjectPart {
  const { initContainers = [], ephemeralContainers = [] } = pod.spec;
  const isIn = (list: readonly { readonly name: string }[]): boolean => list.some((c) => c.name === container);
  const list = isIn(initContainers) ? "initContainers" : isIn(ephemeralContainers) ? "ephemeralContainers" : "containers";
  return { object: withKind(pod), fieldPath: `spec.${list}{${container}}` };
}
