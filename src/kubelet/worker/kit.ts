/** What all pod workers of one kubelet share, and what the tasks of one worker share. */
import type { Log } from "../../base/log.ts";
import type { Client, EventRecorder } from "../../client/client.ts";
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { Gate } from "../gate.ts";
import type { ImagePuller } from "../images/imagePuller.ts";
import type { PodObjects } from "../objects/podObjects.ts";
import type { ReferencedObjects } from "../objects/referenced.ts";
import type { PodFacts } from "../pod/fieldRefs.ts";
import type { ResizeRefusal } from "../node/admission.ts";
import type { DnsSettings } from "../pod/identity.ts";
import type { ContainerRuntime } from "../ports/runtime.ts";
import type { Volumes } from "../ports/volumes.ts";
import type { ProbeTools } from "../probes/runProbe.ts";
import type { StatusWriter } from "../status/statusWriter.ts";
import type { Timers } from "../timers.ts";
import type { PodVolumes } from "../volumes/podVolumes.ts";
import type { PodTokens } from "../volumes/tokens.ts";
import type { PodRecord } from "./record.ts";

interface NodeFacts {
  readonly name: string;
  readonly ip: string;
  readonly runtimeName: string;
  readonly dns: DnsSettings;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
}

export interface Kit {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly timers: Timers;
  readonly log: Log;
  readonly runtime: ContainerRuntime;
  readonly volumes: Volumes;
  readonly images: ImagePuller;
  readonly objects: ReferencedObjects;
  readonly statusWrites: Gate;
  readonly probeTools: ProbeTools;
  readonly node: NodeFacts;
  /** Why the node can't give the pod what it asks for now; undefined: it can. */
  resizeRefusal(pod: Pod): ResizeRefusal | undefined;
  /** What pods were granted has changed: there may be room for one that waits. */
  allocationChanged(): void;
  /** The Services of a pod's namespace and of `default`; waits for the first list. */
  services(namespace: string): Promise<readonly Service[]>;
}

/** A container that is being stopped. */
export interface StopInProgress {
  /** The pod's grace was shortened. */
  hurry(): void;
  /** It exited by itself: a preStop handler has nothing left to wait for. */
  exited(): void;
}

/** One pod and everything that belongs to it on this node. */
export interface PodScene {
  readonly kit: Kit;
  readonly pod: Pod;
  readonly record: PodRecord;
  readonly volumes: PodVolumes;
  readonly objects: PodObjects;
  readonly tokens: PodTokens;
  readonly status: StatusWriter;
  /** Stops of containers under way, by the container's name. */
  readonly stops: Map<string, StopInProgress>;
  /** Aborted when the pod is asked to stop: nothing is started any more. */
  readonly running: AbortSignal;
  facts(): PodFacts;
}
