/**
 * One pass over a namespace's content: deletes whatever it finds and tells what is left. Pods go first, alone, so that nothing runs on without what
 * it leans on. Upstream: pkg/controller/namespace/deletion/namespaced_resources_deleter.go
 */
import { assertNever } from "../../base/assert.ts";
import type { Client } from "../../client/client.ts";
import { groupResourceOf, type KindRef, type KubeObject } from "../../machinery/kind.ts";
import type { Remains } from "./conditions.ts";

/** Deletes under way at the same time. */
const parallelDeletes = 10;
const pageSize = 500;

export interface Sweep extends Remains {
  /** Objects that were there at all. None: the namespace is empty. */
  readonly found: number;
  /** The longest grace period among what is terminating. */
  readonly graceSeconds: number;
}

/** The state of a pass, while it runs. */
class Tally implements Sweep {
  found = 0;
  graceSeconds = 0;
  readonly byResource = new Map<string, number>();
  readonly byFinalizer = new Map<string, number>();
  readonly failures: string[] = [];

  remaining(kind: KindRef, object: KubeObject): void {
    // Upstream's text has the dot even where the group is empty.
    const resource = kind.group === "" ? `${kind.plural}.` : groupResourceOf(kind);
    increase(this.byResource, resource);
    for (const finalizer of object.metadata.finalizers ?? []) increase(this.byFinalizer, finalizer);
    this.graceSeconds = Math.max(this.graceSeconds, object.metadata.deletionGracePeriodSeconds ?? 0);
  }
}

export async function sweep(client: Client, kinds: readonly KindRef[], namespace: string): Promise<Sweep> {
  const tally = new Tally();
  for (const stage of stagesOf(kinds)) {
    for (const kind of stage) await sweepKind(client, kind, namespace, tally);
    if (tally.byResource.size > 0 || tally.failures.length > 0) break;
  }
  return tally;
}

function stagesOf(kinds: readonly KindRef[]): readonly (readonly KindRef[])[] {
  const namespaced = kinds.filter((kind) => kind.namespaced);
  return [namespaced.filter(isPod), namespaced.filter((kind) => !isPod(kind))];
}

function isPod(kind: KindRef): boolean {
  return kind.group === "" && kind.plural === "pods";
}

async function sweepKind(client: Client, kind: KindRef, namespace: string, tally: Tally): Promise<void> {
  try {
    let next: string | undefined;
    do {
      const page = await client.list(kind, { namespace, limit: pageSize, continue: next });
      tally.found += page.items.length;
      const waiting = [...page.items];
      const worker = async (): Promise<void> => {
        for (let object = waiting.shift(); object !== undefined; object = waiting.shift()) await remove(client, kind, object, tally);
      };
      await Promise.all(Array.from({ length: Math.min(parallelDeletes, waiting.length) }, worker));
      next = page.continue;
    } while (next !== undefined);
  } catch (error) {
    tally.failures.push(error instanceof Error ? error.message : String(error));
  }
}

async function remove(client: Client, kind: KindRef, object: KubeObject, tally: Tally): Promise<void> {
  const { namespace = "", name, deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined) {
    tally.remaining(kind, object);
    return;
  }
  const outcome = await client.deleteObject(kind, { namespace, name }, { propagationPolicy: "Background" });
  switch (outcome.state) {
    case "terminating":
      tally.remaining(kind, outcome.object);
      return;
    case "deleted":
    case "absent":
      return;
    default:
      assertNever(outcome);
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
