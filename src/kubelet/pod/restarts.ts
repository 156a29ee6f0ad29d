/**
 * Which containers of a pod come back after an exit.
 * Upstream: pkg/kubelet/container/helpers.go (ShouldContainerBeRestarted), pkg/api/v1/pod/util.go (ContainerShouldRestart)
 */
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";

/** An init container that keeps running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

function ruleSays(container: Container, exitCode: number): boolean {
  return (container.restartPolicyRules ?? []).some((rule) => {
    if (rule.action !== "Restart" || rule.exitCodes === undefined) return false;
    const listed = (rule.exitCodes.values ?? []).includes(exitCode);
    return rule.exitCodes.operator === "NotIn" ? !listed : listed;
  });
}

/** Whether this (main or ordinary init) container is started again after ending with `exitCode`. */
export function restartsAfter(pod: Pod, container: Container, exitCode: number): boolean {
  if (ruleSays(container, exitCode)) return true;
  switch (container.restartPolicy ?? pod.spec.restartPolicy) {
    case "Never":
      return false;
    case "OnFailure":
      return exitCode !== 0;
    default:
      return true;
  }
}

/** As restartsAfter; an ordinary init container that succeeded is done for good. */
export function initRestartsAfter(pod: Pod, container: Container, exitCode: number): boolean {
  return exitCode !== 0 && restartsAfter(pod, container, exitCode);
}
