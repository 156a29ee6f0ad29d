/** The pods and containers that debug makes, as pure functions of what is debugged. Upstream: kubectl/pkg/cmd/debug/debug.go */
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { structOf } from "../../schema/structs.ts";
import type { Container, EphemeralContainer, Pod } from "../../schema/shapes/core.v1.ts";
import { KubectlError } from "../errors.ts";
import { applyProfile, type Keep, type Profile } from "./profiles.ts";

export interface DebugWish {
  /** Empty: a name is made. */
  readonly container: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly env: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  /** The words are arguments, not the command. */
  readonly argumentsOnly: boolean;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly target: string;
  readonly profile: Profile;
  readonly keep: Keep;
  /** A partial container that is laid over. */
  readonly custom: object | undefined;
}

export interface CopyWish {
  readonly name: string;
  readonly sameNode: boolean;
  /** undefined: as it is. */
  readonly shareProcesses: boolean | undefined;
  readonly setImages: Readonly<Record<string, string>>;
}

export interface Names {
  /** Five letters that nobody else has. */
  suffix(): string;
  tell(text: string): void;
}

export function ephemeralContainer(pod: Pod, wish: DebugWish, names: Names): EphemeralContainer {
  const name = containerName(pod, wish, names);
  const base = { ...newContainer(name, wish), ...(wish.target === "" ? {} : { targetContainerName: wish.target }) };
  applyProfile(wish, "ephemeral", structuredClone(pod), base);
  return customised(base, wish);
}

export function nodeDebugger(node: string, wish: DebugWish, names: Names): Pod {
  const container = newContainer(wish.container === "" ? "debugger" : wish.container, wish);
  const name = `node-debugger-${node}-${names.suffix()}`;
  names.tell(`Creating debugging pod ${name} with container ${container.name} on node ${node}.\n`);
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { "app.kubernetes.io/managed-by": "kubectl-debug" } },
    spec: { containers: [container], nodeName: node, restartPolicy: "Never", tolerations: [{ operator: "Exists" }] },
  };
  applyProfile(wish, "node", pod, container);
  pod.spec.containers = [customised(container, wish)];
  return pod;
}

/** `debugged`: the container to attach to; undefined where only images were changed. */
export function podCopy(pod: Pod, wish: DebugWish, copy: CopyWish, names: Names): { readonly pod: Pod; readonly debugged?: string } {
  const { namespace, annotations, labels } = pod.metadata;
  const made: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: copy.name, namespace, annotations, labels },
    spec: structuredClone(pod.spec),
  };
  delete made.spec.ephemeralContainers;
  if (copy.shareProcesses !== undefined) made.spec.shareProcessNamespace = copy.shareProcesses;
  if (!copy.sameNode) delete made.spec.nodeName;
  for (const one of made.spec.containers) one.image = copy.setImages[one.name] ?? copy.setImages["*"] ?? one.image;
  const container = containerOfCopy(made, wish, copy, names);
  if (container === undefined) return { pod: made };
  changeContainer(container, wish);
  applyProfile(wish, "copy", made, container);
  const at = made.spec.containers.indexOf(container);
  if (at >= 0) made.spec.containers[at] = customised(container, wish);
  return { pod: made, debugged: container.name };
}

function containerOfCopy(pod: Pod, wish: DebugWish, copy: CopyWish, names: Names): Container | undefined {
  const known = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === wish.container);
  if (known !== undefined) return known;
  if (wish.image === "") {
    if (Object.keys(copy.setImages).length > 0) return undefined;
    throw new KubectlError("you must specify image when creating new container");
  }
  const added: Container = { name: containerName(pod, wish, names), terminationMessagePolicy: "File" };
  pod.spec.containers.push(added);
  return added;
}

function changeContainer(container: Container, wish: DebugWish): void {
  if (wish.words.length > 0 && !wish.argumentsOnly) {
    container.command = [...wish.words];
    delete container.args;
  } else if (wish.words.length > 0) container.args = [...wish.words];
  if (Object.keys(wish.env).length > 0) container.env = envOf(wish);
  if (wish.image !== "") container.image = wish.image;
  if (wish.imagePullPolicy !== "") container.imagePullPolicy = wish.imagePullPolicy;
  container.stdin = wish.stdin;
  container.tty = wish.tty;
}

function newContainer(name: string, wish: DebugWish): Container {
  return {
    name,
    image: wish.image,
    ...(wish.imagePullPolicy === "" ? {} : { imagePullPolicy: wish.imagePullPolicy }),
    ...(Object.keys(wish.env).length === 0 ? {} : { env: envOf(wish) }),
    ...(wish.words.length === 0 ? {} : { [wish.argumentsOnly ? "args" : "command"]: [...wish.words] }),
    stdin: wish.stdin,
    tty: wish.tty,
    terminationMessagePolicy: "File",
  };
}

function envOf({ env }: DebugWish): { name: string; value: string }[] {
  return Object.entries(env).map(([name, value]) => ({ name, value }));
}

function customised(container: Container, { custom }: DebugWish): Container {
  if (custom === undefined) return container;
  const patch = { ...custom, name: container.name };
  return applyStrategicMergePatch({ ...container }, patch, structOf("core/v1.Container")) as unknown as Container;
}

function containerName(pod: Pod, { container }: DebugWish, names: Names): string {
  if (container !== "") return container;
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const taken = new Set([...containers, ...initContainers, ...ephemeralContainers].map(({ name }) => name));
  let name = `debugger-${names.suffix()}`;
  while (taken.has(name)) name = `debugger-${names.suffix()}`;
  names.tell(`Defaulting debug container name to ${name}.\n`);
  return name;
}
