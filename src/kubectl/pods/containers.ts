/** Which container of a pod a command line means. Upstream: kubectl/pkg/cmd/util/podcmd/podcmd.go */
import type { Container, EphemeralContainer, Pod } from "../../schema/shapes/core.v1.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";

const defaultContainerAnnotation = "kubectl.kubernetes.io/default-container";

export type ContainerList = "containers" | "initContainers" | "ephemeralContainers";

export interface FoundContainer {
  readonly container: Container | EphemeralContainer;
  readonly list: ContainerList;
}

export function findContainer({ spec }: Pod, name: string): FoundContainer | undefined {
  for (const list of ["containers", "initContainers", "ephemeralContainers"] as const) {
    const container = (spec[list] ?? []).find((one) => one.name === name);
    if (container !== undefined) return { container, list };
  }
  return undefined;
}

/** As messages list them: `web, debug (ephem), setup (init)`. */
export function allContainerNames({ spec }: Pod): string {
  const named = (list: ContainerList, note: string): string[] => (spec[list] ?? []).map(({ name }) => name + note);
  return [...named("containers", ""), ...named("ephemeralContainers", " (ephem)"), ...named("initContainers", " (init)")].join(", ");
}

export function namedContainer(pod: Pod, name: string): FoundContainer {
  const found = findContainer(pod, name);
  if (found === undefined)
    throw new KubectlError(`container ${name} is not valid for pod ${pod.metadata?.name ?? ""} out of: ${allContainerNames(pod)}`);
  return found;
}

/** The annotated default; empty where there is none. */
export function annotatedContainer(pod: Pod): string {
  return pod.metadata?.annotations?.[defaultContainerAnnotation] ?? "";
}

/** What is said when the first of several was taken; undefined where there is but one. */
export function defaultedText(pod: Pod): string | undefined {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  if (containers.length < 2 && initContainers.length === 0 && ephemeralContainers.length === 0) return undefined;
  return `Defaulted container ${goQuote(containers[0]?.name ?? "")} out of: ${allContainerNames(pod)}\n`;
}

/** The named container, the annotated one, or the first, which `tell` hears of. */
export function chosenContainer(pod: Pod, name: string, tell: (text: string) => void): FoundContainer {
  const [first] = pod.spec.containers;
  if (first === undefined)
    throw new KubectlError(`pod ${pod.metadata?.namespace ?? ""}/${pod.metadata?.name ?? ""} does not have any containers`);
  const wanted = name === "" ? annotatedContainer(pod) : name;
  if (wanted !== "") return namedContainer(pod, wanted);
  const told = defaultedText(pod);
  if (told !== undefined) tell(told);
  return { container: first, list: "containers" };
}
