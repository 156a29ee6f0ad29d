/**
 * What a worker has begun and runs beside its loop. A task that fails is tried again later: its place stays taken until then, so that no plan
 * has to know of it.
 */
import type { PodScene } from "./kit.ts";
import { podText, withKind } from "./podText.ts";
import type { Task } from "./record.ts";

const firstRetryMs = 1000;
const maxRetryMs = 30_000;

export class Tasks {
  private readonly scene: PodScene;
  private readonly closed: AbortSignal;
  private readonly onDone: () => void;
  private readonly retries = new Map<Task, number>();

  constructor(scene: PodScene, closed: AbortSignal, onDone: () => void) {
    this.scene = scene;
    this.closed = closed;
    this.onDone = onDone;
  }

  run(task: Task, work: () => Promise<void>): void {
    const { record, kit } = this.scene;
    record.busy.add(task);
    const finish = (): void => {
      record.busy.delete(task);
      this.onDone();
    };
    work().then(
      () => {
        this.retries.delete(task);
        finish();
      },
      (error: unknown) => {
        if (!this.closed.aborted) kit.timers.after(this.failed(task, error), finish);
      },
    );
  }

  /** Gives how long to wait. */
  private failed(task: Task, error: unknown): number {
    const { kit, pod } = this.scene;
    const delayMs = Math.min((this.retries.get(task) ?? firstRetryMs / 2) * 2, maxRetryMs);
    this.retries.set(task, delayMs);
    const text = error instanceof Error ? error.message : String(error);
    kit.log.warn("a step of a pod failed, will retry", { pod: podText(pod), step: task, error: text });
    const [reason, what] = named(task);
    kit.events.event(withKind(pod), "Warning", reason, `error ${what}: ${text}`);
    return delayMs;
  }
}

function named(task: Task): readonly [string, string] {
  if (task === "start") return ["Failed", "starting a container"];
  if (task === "volumes") return ["FailedMount", "setting up volumes"];
  if (task === "resize") return ["ResizeError", "resizing the pod"];
  return task === "sandbox" ? ["FailedCreatePodSandBox", "creating the sandbox"] : ["FailedKillPod", "killing pod"];
}
