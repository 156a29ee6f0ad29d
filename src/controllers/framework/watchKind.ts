/** A watch whose function sees objects of the kind's own type. */
import type { Key } from "../../client/client.ts";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";
import type { Watch } from "./controller.ts";

/** `previous` is undefined for an addition and for a deletion; which of the two it is, the cache tells. */
export function watchKind<T extends KubeObject>(kind: KindRef<T>, via: (object: T, previous: T | undefined) => readonly Key[]): Watch {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an informer of this kind hands out nothing else
  return { kind, via: via as Watch["via"] };
}
