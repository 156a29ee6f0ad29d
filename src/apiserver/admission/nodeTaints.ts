/** A new node takes no pods until it is known to be ready. Upstream: plugin/pkg/admission/nodetaint */
import type { Node } from "../../schema/shapes/core.v1.ts";
import type { AdmissionStep } from "./admission.ts";

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

export const nodeTaints: AdmissionStep = {
  name: "TaintNodesByCondition",
  admit({ operation, kind, object }) {
    if (operation !== "create" || kind.group !== "" || kind.plural !== "nodes" || object === undefined) return;
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};
