/** How a container shows that its next start is held back. Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (doBackOff), pkg/kubelet/images/image_manager.go */
import { goQuote } from "../../machinery/goText.ts";
import { goDuration } from "../../machinery/time.ts";
import type { PodScene } from "./kit.ts";
import { partOf, podText } from "./podText.ts";
import { specOf, type ContainerRecord } from "./record.ts";

export function showCrashLoop({ kit, pod }: PodScene, own: ContainerRecord): void {
  const delay = goDuration(own.crashes?.delayMs ?? 0);
  const message = `back-off ${delay} restarting failed container=${own.name} pod=${podText(pod)}`;
  own.waiting = { reason: "CrashLoopBackOff", message, sinceMs: kit.timers.clock.now() };
  const text = `Back-off restarting failed container ${own.name} in pod ${podText(pod)}`;
  kit.events.event(partOf(pod, own.name), "Warning", "BackOff", text);
}

/** Gives when the pull is tried again. */
export function showPullBackOff({ kit, pod }: PodScene, own: ContainerRecord): number {
  const text = `Back-off pulling image ${goQuote(specOf(pod, own.name)?.image ?? "")}`;
  const { reason = "", message = "" } = own.waiting ?? {};
  const nowMs = kit.timers.clock.now();
  own.waiting = { reason: "ImagePullBackOff", message: `${text}: ${reason}: ${message}`, sinceMs: nowMs };
  kit.events.event(partOf(pod, own.name), "Normal", "BackOff", text);
  kit.events.event(partOf(pod, own.name), "Warning", "Failed", "Error: ImagePullBackOff");
  return own.retry?.atMs ?? nowMs;
}
