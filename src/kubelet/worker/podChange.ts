/** What a change of the API's pod asks of its worker. */
import type { Pod } from "../../schema/shapes/core.v1.ts";

/** Whether it has to look again. */
export function asksAnew(before: Pod, pod: Pod): boolean {
  const a = before.metadata;
  const b = pod.metadata;
  if (a.generation !== b.generation || a.deletionTimestamp !== b.deletionTimestamp) return true;
  if (a.deletionGracePeriodSeconds !== b.deletionGracePeriodSeconds) return true;
  return downwardChanged(before, pod) || pod.spec.readinessGates !== undefined || b.generation === undefined;
}

/** Labels and annotations are shown in downwardAPI volumes. */
export function downwardChanged(before: Pod, pod: Pod): boolean {
  if (!(pod.spec.volumes ?? []).some((volume) => volume.downwardAPI !== undefined || volume.projected !== undefined)) return false;
  const texts = [before, pod].map(({ metadata: { labels, annotations } }) => JSON.stringify([labels, annotations]));
  return texts[0] !== texts[1];
}
