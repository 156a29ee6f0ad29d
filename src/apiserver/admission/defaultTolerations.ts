/** Pods stay on a node that fails for five minutes unless they say otherwise. Upstream: plugin/pkg/admission/defaulttolerationseconds */
import type { Pod, Toleration } from "../../schema/shapes/core.v1.ts";
import type { AdmissionStep } from "./admission.ts";

const keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;
const defaultSeconds = 300;

export const defaultTolerations: AdmissionStep = {
  name: "DefaultTolerationSeconds",
  admit({ operation, kind, subresource, object }) {
    if (kind.group !== "" || kind.plural !== "pods" || subresource !== "") return;
    if (object === undefined || (operation !== "create" && operation !== "update")) return;
    const { spec } = object as Pod;
    const present = spec.tolerations ?? [];
    const missing = keys.filter((key) => !present.some((toleration) => tolerates(toleration, key)));
    if (missing.length === 0) return;
    const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: defaultSeconds }));
    spec.tolerations = [...present, ...added];
  },
};

function tolerates(toleration: Toleration, key: string): boolean {
  const { key: own = "", effect = "" } = toleration;
  return (own === key || own === "") && (effect === "NoExecute" || effect === "");
}
