/** What an API server is made of. Everything that differs between hosts, clusters and tests comes in here. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Rng, Uids } from "../../base/rng.ts";
import type { Kind } from "../../machinery/kind.ts";
import type { Descriptions } from "../../schema/openapi.ts";
import type { Store } from "../../store/store.ts";
import type { ServiceRanges } from "../admission/serviceAddresses.ts";
import type { ManagedFieldsPolicy } from "../registry/resource.ts";
import type { AuthenticationOptions } from "../authn/authenticate.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { NodeConnector } from "../ports/nodeConnector.ts";
import type { PodTransport } from "../ports/podTransport.ts";
import type { InFlightLimits } from "./limits.ts";

export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  /** E.g. `v1.36.3`. */
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  /** RFC 3339. */
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

export interface ApiServerOptions {
  /** Stays the caller's to dispose, after the server. */
  readonly store: Store;
  /** Usually `kinds` of api/registry. */
  readonly kinds: readonly Kind[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly uids: Uids;
  readonly log: Log;
  readonly version: VersionInfo;
  /** Absent: no log, exec, attach or port-forward. */
  readonly nodeConnector?: NodeConnector | undefined;
  /** Absent: no proxy to pods and Services. */
  readonly podTransport?: PodTransport | undefined;
  readonly authentication?: AuthenticationOptions | undefined;
  /** Default: the built-in policy. */
  readonly authorizer?: Authorizer | undefined;
  readonly serviceRanges?: ServiceRanges | undefined;
  readonly inFlight?: InFlightLimits | undefined;
  /** Where clients inside the cluster find this server: makes the `kubernetes` Service and its endpoints. */
  readonly advertise?: { readonly address: string; readonly port: number } | undefined;
  /** Default: `applied`. */
  readonly managedFields?: ManagedFieldsPolicy | undefined;
  /** Gives the texts for `kubectl explain`; called when they are first asked for. */
  readonly descriptions?: (() => Descriptions) | undefined;
  /** Names this very build: clients keep OpenAPI documents for as long as it stays. */
  readonly build?: string | undefined;
}
