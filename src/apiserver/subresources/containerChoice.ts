/** Which container of a pod a log, exec or attach request means. Upstream: pkg/registry/core/pod/strategy.go (podHasContainerWithName, LogLocation) */
import { badRequest } from "../../machinery/status.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";

const defaultContainerAnnotation = "kubectl.kubernetes.io/default-container";

/** Throws 400 when the request leaves it open or names one that isn't there. */
export function chosenContainer(pod: Pod, asked: string): string {
  const { name } = pod.metadata;
  const regular = pod.spec.containers.map((container) => container.name);
  const init = (pod.spec.initContainers ?? []).map((container) => container.name);
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((container) => container.name);
  if (asked !== "") {
    if ([...regular, ...init, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const annotated = pod.metadata.annotations?.[defaultContainerAnnotation] ?? "";
  if (annotated !== "" && regular.includes(annotated)) return annotated;
  const [only] = regular;
  if (regular.length === 1 && only !== undefined && init.length === 0) return only;
  if (regular.length === 0) throw badRequest(`a container name must be specified for pod ${name}`);
  const others = init.length === 0 ? "" : ` or one of the init containers: [${init.join(" ")}]`;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${regular.join(" ")}]${others}`);
}
