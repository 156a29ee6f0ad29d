/**
 * What an ended container has to say: what it wrote to its message file, or by its policy the end of its log.
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (getTerminationMessage)
 */
import type { Container } from "../../schema/shapes/core.v1.ts";
import type { ContainerStatus, Mount } from "../ports/runtime.ts";
import type { PodScene } from "./kit.ts";
import { specOf } from "./record.ts";

const maxMessageBytes = 4096;
const maxLogLines = 80;
const maxLogBytes = 2048;

/** The file that a container writes its last words to, at its own path. */
export async function messageMount(scene: PodScene, spec: Container, attempt: number): Promise<readonly Mount[]> {
  const { volumes } = scene.kit;
  const containerPath = spec.terminationMessagePath ?? "";
  if (volumes.discards === true || containerPath === "") return [];
  return [{ hostPath: await volumes.messageFile(scene.pod.metadata.uid ?? "", spec.name, attempt), containerPath, readOnly: false }];
}

export async function terminationMessage(scene: PodScene, status: ContainerStatus): Promise<ContainerStatus> {
  const written = await fileText(scene, status);
  const policy = specOf(scene.pod, status.name)?.terminationMessagePolicy;
  const fromLog = written === "" && status.exitCode !== 0 && status.message === "" && policy === "FallbackToLogsOnError";
  const text = fromLog ? await logText(scene, status) : written;
  return { ...status, message: [status.message, text].filter((part) => part !== "").join(": ") };
}

async function fileText({ kit, pod }: PodScene, status: ContainerStatus): Promise<string> {
  const { name, attempt } = status;
  try {
    return new TextDecoder().decode(await kit.volumes.readMessage(pod.metadata.uid ?? "", name, attempt, maxMessageBytes));
  } catch (error) {
    return `Error on reading termination log: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function logText(scene: PodScene, status: ContainerStatus): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    const lines = scene.kit.runtime.streams.logs(status.id, { follow: false, tailLines: maxLogLines });
    for await (const line of lines) text += decoder.decode(line.text, { stream: true });
  } catch (error) {
    text = `Error reading log: ${error instanceof Error ? error.message : String(error)}`;
  }
  return text.slice(-maxLogBytes);
}
