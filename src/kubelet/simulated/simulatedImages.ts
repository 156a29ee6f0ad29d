/** Images of a simulated node: every name exists, once it has been pulled it stays; pulls take and fail as the asking pod's annotations say. */
import { ImageError, type Images, type ImageStatus } from "../ports/runtime.ts";
import type { Timers } from "../timers.ts";
import type { ContainerScript } from "./script.ts";

const sizeBytes = 10_000_000;

function statusOf(image: string): ImageStatus {
  return { ref: `${image}@simulated`, source: "simulated", sizeBytes, user: "" };
}

interface ImageDeps {
  readonly timers: Timers;
  varied(ms: number): number;
  /** How the pod that asks for this image behaves. */
  scriptFor(podUid: string): ContainerScript;
}

export function simulatedImages(deps: ImageDeps): Images {
  const present = new Set<string>();
  const failed = new Map<string, number>();
  return {
    status: (image) => Promise.resolve(present.has(image) ? statusOf(image) : undefined),
    async pull(image, { podUid, signal }) {
      const script = deps.scriptFor(podUid);
      const delayMs = deps.varied(script.pullDelayMs);
      if (delayMs > 0) await deps.timers.sleep(delayMs, signal);
      const key = `${podUid} ${image}`;
      const failures = failed.get(key) ?? 0;
      if (failures < script.pullFailures) {
        failed.set(key, failures + 1);
        throw new ImageError("ErrImagePull", script.pullError);
      }
      failed.delete(key);
      present.add(image);
      return statusOf(image);
    },
    list: () => Promise.resolve([...present].map((image) => ({ ...statusOf(image), names: [image] }))),
    remove(image) {
      present.delete(image);
      return Promise.resolve();
    },
  };
}
