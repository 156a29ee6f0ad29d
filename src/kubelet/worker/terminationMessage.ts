/**
 * What an ended container has to say: what it wrote, or by its policy the end of its log.
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (getTerminationMessage)
 */
import type { ContainerStatus } from "../ports/runtime.ts";
import type { PodScene } from "./kit.ts";
import { specOf } from "./record.ts";

const maxLogLines = 80;
const maxLogBytes = 2048;

export async function terminationMessage(scene: PodScene, status: ContainerStatus): Promise<ContainerStatus> {
  const policy = specOf(scene.pod, status.name)?.terminationMessagePolicy;
  if (status.message !== "" || status.exitCode === 0 || policy !== "FallbackToLogsOnError") return status;
  const decoder = new TextDecoder();
  let text = "";
  try {
    const lines = scene.kit.runtime.streams.logs(status.id, { follow: false, tailLines: maxLogLines });
    for await (const line of lines) text += decoder.decode(line.text, { stream: true });
  } catch (error) {
    text = `Error reading log: ${error instanceof Error ? error.message : String(error)}`;
  }
  return { ...status, message: text.slice(-maxLogBytes) };
}
