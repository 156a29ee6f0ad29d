/**
 * Empties a namespace that is being deleted, says in its conditions what holds it up, and lets it go when nothing is left.
 * Upstream: pkg/controller/namespace/namespace_controller.go
 */
import type { Clock } from "../../base/clock.ts";
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { KindRef } from "../../machinery/kind.ts";
import { rfc3339, timeMs } from "../../machinery/time.ts";
import type { Namespace, Pod } from "../../schema/shapes/core.v1.ts";
import type { Controller, Outcome, Watch } from "../framework/controller.ts";
import type { ControllerDeps } from "../framework/deps.ts";
import { watchKind } from "../framework/watchKind.ts";
import { conditionsOf } from "./conditions.ts";
import { sweep, type Sweep } from "./sweep.ts";

/** The entry of `spec.finalizers` that stands for this controller. */
const ownFinalizer = "kubernetes";
/** How often to look at what waits for finalizers: at first, and after `patienceMs`. */
const eagerLookMs = 1000;
const patientLookMs = 15_000;
const patienceMs = 30_000;

export interface NamespaceControllerOptions {
  /** All kinds that objects in a namespace may have, in order of discovery; asked for at each pass. */
  readonly kinds: () => readonly KindRef[];
}

export class NamespaceController implements Controller {
  readonly name = "namespace-controller";
  readonly workers = 10;
  readonly watches: readonly Watch[];
  private readonly client: Client;
  private readonly clock: Clock;
  private readonly options: NamespaceControllerOptions;
  private readonly namespaces: Informer<Namespace>;
  private readonly pods: Informer<Pod>;

  constructor({ client, informers, clock }: ControllerDeps, options: NamespaceControllerOptions) {
    this.client = informers.readYourWrites(client);
    this.clock = clock;
    this.options = options;
    this.namespaces = informers.informer(namespaceKind);
    this.pods = informers.informer(podKind);
    this.watches = [
      { kind: namespaceKind, via: "self" },
      // The last pod of a terminating namespace has gone: the rest can follow.
      watchKind(podKind, ({ metadata: { namespace: name = "" } }) => {
        const terminating = this.namespaces.get({ namespace: "", name })?.metadata.deletionTimestamp !== undefined;
        return terminating && this.pods.list(name).length === 0 ? [{ namespace: "", name }] : [];
      }),
    ];
  }

  async reconcile(key: Key): Promise<Outcome> {
    if (this.namespaces.get(key)?.metadata.deletionTimestamp === undefined) return {};
    const namespace = await this.client.get(namespaceKind, key);
    if (namespace?.metadata.deletionTimestamp === undefined) return {};
    if (!(namespace.spec.finalizers ?? []).includes(ownFinalizer)) return {};
    const kinds = this.options.kinds();
    let last = await sweep(this.client, kinds, key.name);
    // Empty only counts when a whole pass found nothing: something may have slipped in behind the first.
    while (last.found > 0 && last.byResource.size === 0 && last.failures.length === 0) last = await sweep(this.client, kinds, key.name);
    if (last.found === 0 && last.failures.length === 0) {
      await this.letGo(namespace);
      return {};
    }
    await this.report(namespace, last);
    if (last.failures.length > 0) throw new Error(`namespace ${key.name}: ${last.failures.join(", ")}`);
    return { requeueAfterMs: this.nextLookMs(namespace, last) };
  }

  private async letGo(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== ownFinalizer);
    await this.client.update(namespaceKind, { ...namespace, spec: { ...namespace.spec, finalizers } }, "finalize");
  }

  private async report(namespace: Namespace, { byResource, byFinalizer, failures }: Sweep): Promise<void> {
    const before = namespace.status?.conditions;
    const conditions = conditionsOf({ byResource, byFinalizer, failures }, before, rfc3339(this.clock.now()));
    if (JSON.stringify(conditions) === JSON.stringify(before)) return;
    await this.client.updateStatus(namespaceKind, { ...namespace, status: { ...namespace.status, phase: "Terminating", conditions } });
  }

  private nextLookMs(namespace: Namespace, { graceSeconds }: Sweep): number {
    if (graceSeconds > 0) return (Math.floor(graceSeconds / 2) + 1) * 1000;
    const sinceMs = this.clock.now() - (timeMs(namespace.metadata.deletionTimestamp) ?? this.clock.now());
    return sinceMs < patienceMs ? eagerLookMs : patientLookMs;
  }
}
