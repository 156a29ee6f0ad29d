/** The load generator's port: what is sent where and how often, and the row that each request leaves. Adapters: host-node/load (sockets), simulate/ (virtual time). */
export type Outcome =
  /** A whole answer came. */
  | { readonly type: "answered"; readonly status: number }
  /** The address refused the connection. */
  | { readonly type: "refused" }
  /** The connection was reset before or while the answer came. */
  | { readonly type: "reset" }
  /** The connection was closed without an answer, or in the middle of one. */
  | { readonly type: "closed" }
  /** No answer in time. */
  | { readonly type: "timeout" }
  /** The Service's name could not be looked up. */
  | { readonly type: "unresolved" }
  /** No way to the address. */
  | { readonly type: "unreachable" }
  /** The Service had nothing to send it to. */
  | { readonly type: "noEndpoint" }
  /** The load generator itself could not send it. */
  | { readonly type: "unsent"; readonly reason: string };

/** The connection that a request went on. */
export interface ConnectionUse {
  /** Counts up from 1 over the run. */
  readonly id: number;
  /** It carried a request before this one. */
  readonly reused: boolean;
  /** Since the rehearsal's epoch. */
  readonly openedMs: number;
  /** The client's own port; 0 where unknown. */
  readonly localPort: number;
}

/** What became of one request. Times are milliseconds since the rehearsal's epoch. */
export interface LedgerRow {
  /** Counts up from 1 over the run. */
  readonly id: number;
  readonly client: "outside" | "inside";
  /** When the schedule wanted it sent: what latency counts from. */
  readonly intendedMs: number;
  readonly sentMs: number;
  readonly endMs: number;
  readonly outcome: Outcome;
  readonly connection: ConnectionUse;
  /** Empty where unknown. */
  readonly pod: string;
  /** Which version answered (or would have, going by the pod); empty where unknown. */
  readonly version: string;
}

/** What of an answer is read. */
export type AnswerSource =
  | { readonly from: "header"; readonly name: string }
  /** Dotted path into a JSON answer, e.g. `.app.version`. */
  | { readonly from: "json"; readonly path: readonly string[] };

/** What tells versions apart. */
export type VersionSource =
  /** The tag (or digest) of the first container's image. */
  { readonly from: "image" } | { readonly from: "label"; readonly name: string } | AnswerSource;

/** What is sent, and how often. */
export interface LoadSpec {
  readonly ratePerSecond: number;
  readonly arrivals: "constant" | "poisson";
  readonly method: string;
  readonly path: string;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty: none. */
  readonly body: string;
  /** Kept-alive connections in the pool; 0: a new connection for each request. */
  readonly keepAlive: number;
  readonly protocol: "http/1.1" | "http/2";
  readonly timeoutMs: number;
  readonly seed: number;
  readonly version: VersionSource;
  /** What names the pod that answered, where the data plane doesn't. */
  readonly pod?: AnswerSource | undefined;
}

/** Where the Service answers. */
export interface LoadTarget {
  readonly client: "outside" | "inside";
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** Whether the load was what was asked for. */
export interface LoadHealth {
  /** Of those due, the share that left more than `lateAfterMs` late. */
  readonly lateShare: number;
  readonly worstLateMs: number;
  /** Requests that the generator itself could not send. */
  readonly unsent: number;
}
/** A request that leaves later than this after its time counts as late. */
export const lateAfterMs = 100;
/** More than this share late, and the load was not what was asked for. */
export const maxLateShare = 0.05;

/** What is asked for is more than this generator can do on this machine; the message says what. */
export class RateRefused extends Error {
  override readonly name = "RateRefused";
}

/** Sends requests. One run at a time. */
export interface LoadGenerator {
  /** One request outside the schedule; times count from `epochMs`. */
  probe(spec: LoadSpec, target: LoadTarget, epochMs: number): Promise<LedgerRow>;
  /** Tries out what it can do here, and gives requests a second. Rejects with RateRefused when the rate is more than it holds. */
  measure(spec: LoadSpec): Promise<number>;
  /** Begins at once. */
  start(spec: LoadSpec, target: LoadTarget, epochMs: number): Promise<LoadRun>;
}

/** A load that is being sent. */
export interface LoadRun {
  /** Sends nothing new, waits for what is under way, and gives everything. */
  stop(): Promise<{ readonly rows: readonly LedgerRow[]; readonly health: LoadHealth }>;
}
