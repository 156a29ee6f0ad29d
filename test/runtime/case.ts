/** A conformance case: pods that are made at the start, all at once, and what must come of them. */
import type { Container, Pod, PodSpec } from "../../src/schema/shapes/core.v1.ts";
import type { Scene } from "./scene.ts";

export interface Case {
  readonly title: string;
  /** Pods and what they need. */
  readonly objects: readonly object[];
  readonly check: (scene: Scene) => Promise<void>;
  /** What an ordinary user's cluster can't do, and why. */
  readonly rootOnly?: string;
}

/** Stands in for the name that the registry's busybox has. */
export const busybox = "BUSYBOX";
export const etcd = "ETCD";
export const redis = "REDIS";
export const nginx = "NGINX";

export interface PodParts {
  readonly spec?: Partial<PodSpec>;
  readonly container?: Partial<Container>;
  readonly metadata?: Partial<Pod["metadata"]>;
}

/** One container that runs `script`; it doesn't wait long to be killed, and isn't restarted. */
export function shellPod(name: string, script: string, { spec = {}, container = {}, metadata = {} }: PodParts = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...metadata },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      containers: [shell("main", script, container)],
      ...spec,
    },
  };
}

export function shell(name: string, script: string, more: Partial<Container> = {}): Container {
  return { name, image: busybox, command: ["sh", "-c", script], ...more };
}

export function configMap(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

/** Runs on until it is told to stop, and stops at once. */
export const waiting = `trap "exit 0" TERM; while :; do sleep 0.1; done`;

export function isUp(pod: Pod): boolean {
  return pod.status?.containerStatuses?.every(({ state }) => state?.running !== undefined) === true;
}
