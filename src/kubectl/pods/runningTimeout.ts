/** `--pod-running-timeout`: how long verbs wait for a workload's first pod. Upstream: kubectl/pkg/cmd/util/helpers.go */
import { KubectlError } from "../errors.ts";
import { duration, type Flag } from "../flags.ts";

export function podRunningTimeoutFlag(initialMs: number): { readonly "pod-running-timeout": Flag<number> } {
  return { "pod-running-timeout": duration({ initial: initialMs }) };
}

export function podRunningTimeout(flags: { readonly "pod-running-timeout": number }): number {
  const timeoutMs = flags["pod-running-timeout"];
  if (timeoutMs <= 0) throw new KubectlError("--pod-running-timeout must be higher than zero");
  return timeoutMs;
}
