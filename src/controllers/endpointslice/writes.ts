/** How both controllers of this folder find, wake for and write slices. */
import { assertNever } from "../../base/assert.ts";
import { nameSuffix, type Rng } from "../../base/rng.ts";
import { endpointSlice as sliceKind } from "../../api/discovery/v1/endpointSlice.ts";
import type { Client, Key } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { isNamespaceTerminating } from "../framework/namespaceTerminating.ts";
import { managedByLabel, serviceNameLabel } from "./plan.ts";
import type { Action } from "./slices.ts";

/** Adds an index of one manager's slices by `namespace/service`, and gives its name. */
export function indexByService(slices: Informer<EndpointSlice>, manager: string): string {
  const index = `endpointSlicesByService ${manager}`;
  slices.addIndex(index, (slice) => keysOfSlices(manager, slice, undefined).map((key) => `${key.namespace}/${key.name}`));
  return index;
}

/** The Services whose slices of this manager changed. */
export function keysOfSlices(manager: string, now: KubeObject, before: KubeObject | undefined): Key[] {
  return [now, before].flatMap((slice) => {
    const { labels, namespace = "" } = slice?.metadata ?? {};
    const name = labels?.[serviceNameLabel];
    return name === undefined || labels?.[managedByLabel] !== manager ? [] : [{ namespace, name }];
  });
}

export async function writeSlice(client: Client, rng: Rng, { type, slice }: Action): Promise<void> {
  const { namespace = "", name, generateName, uid } = slice.metadata;
  switch (type) {
    case "create":
      try {
        await client.create(sliceKind, { ...slice, metadata: { ...slice.metadata, name: `${generateName}${nameSuffix(rng)}` } });
      } catch (error) {
        // Its Service goes with the namespace.
        if (!isNamespaceTerminating(error)) throw error;
      }
      return;
    case "update":
      await client.update(sliceKind, slice);
      return;
    case "delete":
      await client.delete(sliceKind, { namespace, name }, { preconditions: { uid } });
      return;
    default:
      assertNever(type);
  }
}
