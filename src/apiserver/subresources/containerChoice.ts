/** Which container of a pod a log, exec or attach request means. Upstream: pkg/registry/core/pod/strategy.go (validateContainer) */
import { badRequest } from "../../machinery/status.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";

/** Throws 400 when the request leaves it open or names one that isn't there. */
export function chosenContainer(pod: Pod, asked: string): string {
  const { name } = pod.metadata;
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const all = [...initContainers, ...containers, ...ephemeralContainers].map((container) => container.name);
  if (asked !== "") {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = containers;
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${name}`);
  if (containers.length === 1) return only.name;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(" ")}]`);
}
