/**
 * Which logs a command line means: one request a container. Ours come in the order of pods and containers, upstream's in any order.
 * Upstream: kubectl/pkg/polymorphichelpers/logsforobject.go
 */
import type { Call } from "../api.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError, textOf } from "../errors.ts";
import { pathOf } from "../resources/requests.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { allContainerNames, annotatedContainer, defaultedText, findContainer, namedContainer } from "./containers.ts";
import { byLogging } from "./ranking.ts";
import { goType, podKind, podsBySelector, podSelectorOf } from "./workloadPods.ts";

export interface LogStream {
  readonly pod: string;
  readonly container: string;
  readonly call: Call;
}

export interface LogWish {
  /** Empty: the pod's default. */
  readonly container: string;
  readonly allContainers: boolean;
  readonly allPods: boolean;
  readonly query: NonNullable<Call["query"]>;
  readonly podTimeoutMs: number;
}

export async function logStreams(session: Session, object: Unstructured, wish: LogWish): Promise<LogStream[]> {
  const tell = (text: string): void => session.err(text);
  if (object.apiVersion === "v1" && isList(object))
    return (object.items as unknown as Pod[]).flatMap((pod) => streamsOfPod(pod, wish, tell));
  if (object.apiVersion === "v1" && object.kind === "Pod") return streamsOfPod(object as unknown as Pod, wish, tell);
  let labelSelector: string;
  try {
    labelSelector = podSelectorOf(object);
  } catch (error) {
    throw new KubectlError(`cannot get the logs from ${goType(object)}: ${textOf(error)}`);
  }
  const search = { namespace: object.metadata?.namespace ?? "", labelSelector, timeoutMs: wish.podTimeoutMs, order: byLogging };
  const pods = await podsBySelector(session, search);
  if (wish.allPods) return pods.flatMap((pod) => streamsOfPod(pod, wish, tell));
  const [first] = pods;
  if (first === undefined) return [];
  if (pods.length > 1) tell(`Found ${pods.length} pods, using pod/${first.metadata.name ?? ""}\n`);
  return streamsOfPod(first, wish, tell);
}

export function streamsOfPod(pod: Pod, wish: LogWish, tell: (text: string) => void): LogStream[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  const names = wish.allContainers
    ? [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name)
    : [namedContainer(pod, wantedContainer(pod, wish, tell)).container.name];
  const { namespace, name } = pod.metadata;
  const path = pathOf(podKind, { namespace: namespace ?? "", name }, "log");
  return names.map((container) => ({ pod: name, container, call: { path, accept: "*/*", query: { ...wish.query, container } } }));
}

function wantedContainer(pod: Pod, wish: LogWish, tell: (text: string) => void): string {
  if (wish.container !== "") return wish.container;
  const annotated = annotatedContainer(pod);
  if (annotated !== "") {
    if (findContainer(pod, annotated) !== undefined) return annotated;
    tell(`Default container name ${goQuote(annotated)} not found in pod ${pod.metadata.name ?? ""}\n`);
  }
  const told = wish.allPods ? undefined : defaultedText(pod);
  if (told !== undefined) tell(told);
  const [first] = pod.spec.containers;
  if (first === undefined)
    throw new KubectlError(`container  is not valid for pod ${pod.metadata.name ?? ""} out of: ${allContainerNames(pod)}`);
  return first.name;
}
