/** The credentials that a pod names for its images. Upstream: pkg/kubelet/kubelet_pods.go (getPullSecretsForPod) */
import type { PodScene } from "../worker/kit.ts";
import { withKind } from "../worker/podText.ts";
import { base64Text } from "../objects/base64.ts";

const keys = [".dockerconfigjson", ".dockercfg"] as const;

/** The texts of the pod's docker configurations; a missing one is told and left out. */
export async function pullSecrets({ kit, pod, objects }: PodScene): Promise<string[]> {
  const names = (pod.spec.imagePullSecrets ?? []).map((reference) => reference.name ?? "");
  if (names.length === 0) return [];
  await objects.ready();
  const texts: string[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const data = objects.secret(name)?.data;
    const text = keys.map((key) => data?.[key]).find((value) => value !== undefined);
    if (text === undefined) missing.push(name);
    else texts.push(base64Text(text));
  }
  if (missing.length > 0) {
    const text = `Unable to retrieve some image pull secrets (${missing.join(", ")}); attempting to pull the image may not succeed.`;
    kit.events.event(withKind(pod), "Warning", "FailedToRetrieveImagePullSecret", text);
  }
  return texts;
}
