/**
 * What happens to a write between authorisation and storage, as an explicit list of small steps run in upstream's order.
 * Upstream: pkg/kubeapiserver/options/plugins.go
 */
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import type { UserInfo } from "../authn/user.ts";

export interface Attributes {
  readonly operation: "create" | "update" | "delete" | "connect";
  readonly kind: Kind;
  readonly namespace: string;
  /** Empty when it is yet to be generated. */
  readonly name: string;
  readonly subresource: string;
  /** The object to be written; absent for a deletion. Only `admit` may change it. */
  readonly object: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
}

/** One step; refuses by throwing an ApiError. */
export interface AdmissionStep {
  readonly name: string;
  /** May change the object. */
  admit?(attributes: Attributes): void | Promise<void>;
  /** Sees the object as it will be stored. */
  validate?(attributes: Attributes): void | Promise<void>;
}

/** Hands out what must be unique in the cluster (Service addresses and ports) and takes it back. */
export interface Allocator {
  /** Fills the object in; gives what undoes it when the write fails. */
  allocate(attributes: Pick<Attributes, "operation" | "kind" | "object" | "previous" | "subresource" | "dryRun">): Promise<() => void>;
  /** The object is gone. */
  released(kind: Kind, object: KubeObject): void | Promise<void>;
}

export class Admission {
  private readonly steps: readonly AdmissionStep[];
  private readonly allocators: readonly Allocator[];

  constructor(steps: readonly AdmissionStep[], allocators: readonly Allocator[]) {
    this.steps = steps;
    this.allocators = allocators;
  }

  async admit(attributes: Attributes): Promise<void> {
    for (const step of this.steps) {
      const pending = step.admit?.(attributes);
      if (pending !== undefined) await pending;
    }
  }

  async validate(attributes: Attributes): Promise<void> {
    for (const step of this.steps) {
      const pending = step.validate?.(attributes);
      if (pending !== undefined) await pending;
    }
  }

  async allocate(attributes: Parameters<Allocator["allocate"]>[0]): Promise<() => void> {
    const undo: (() => void)[] = [];
    try {
      for (const allocator of this.allocators) undo.push(await allocator.allocate(attributes));
    } catch (error) {
      for (const back of undo) back();
      throw error;
    }
    return () => {
      for (const back of undo) back();
    };
  }

  async released(kind: Kind, object: KubeObject): Promise<void> {
    for (const allocator of this.allocators) await allocator.released(kind, object);
  }
}
