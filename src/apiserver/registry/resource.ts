/** One served kind with the cache of what is stored for it, and what the registry's operations need of the server. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Rng, Uids } from "../../base/rng.ts";
import type { Kind } from "../../machinery/kind.ts";
import type { Store } from "../../store/store.ts";
import type { Admission } from "../admission/admission.ts";
import type { TokenAuthority } from "../authn/tokens.ts";
import type { UserInfo } from "../authn/user.ts";
import type { NodeConnector } from "../ports/nodeConnector.ts";
import type { PodTransport } from "../ports/podTransport.ts";
import type { Feed } from "../storage/feed.ts";
import type { KindCache } from "../storage/kindCache.ts";

/** A kind in storage: what the registry works on. */
export interface Resource {
  readonly kind: Kind;
  readonly cache: KindCache;
  /** Set when a client speaks another version than the stored one: its rules hold for what that client writes. */
  readonly served?: Kind | undefined;
}

/**
 * `always`: from an object's creation, as upstream. `applied`: only of objects that were applied once; whatever stood in one before belongs
 * to `before-first-apply`, as it does upstream in objects older than managedFields. Tracking every write doubles the cost of writes, and the
 * size of Tables.
 */
export type ManagedFieldsPolicy = "always" | "applied";

export interface Registry {
  readonly store: Store;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly uids: Uids;
  readonly log: Log;
  readonly admission: Admission;
  /** The way to the kubelets; absent where there are none. */
  readonly nodes: NodeConnector | undefined;
  /** The way to what listens in pods; absent where nothing does. */
  readonly pods: PodTransport | undefined;
  readonly tokens: TokenAuthority | undefined;
  readonly managedFields: ManagedFieldsPolicy;
  /** The cache of a kind, by group and plural. Throws when there is no such kind: our bug. */
  readonly resource: (group: string, plural: string) => Resource;
}

/** Who writes, and how. */
export interface WriteContext {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** In whose name managedFields are kept: the request's fieldManager, or the first part of its user agent. */
  readonly manager: string;
  /** Collects what goes into `Warning:` headers. */
  readonly warn: (text: string) => void;
}
