/** An image as the runtimes of this host need it: where its files are and how its program starts. The shape of OCI's image config, cut to what is used. */
import type { ImageStatus } from "../../kubelet/ports/runtime.ts";

export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly workingDir: string;
  /** `user`, `user:group`, by name or number; empty for root. */
  readonly user: string;
  /** By name or number, e.g. `SIGQUIT`, `SIGRTMIN+3`, `9`; empty: SIGTERM. */
  readonly stopSignal: string;
}

/** Paths of the machine that show inside the image's root, read-only. Several folders lie over each other, the topmost first. */
export interface HostBind {
  readonly sources: readonly string[];
  readonly target: string;
}

export interface OpenImage {
  readonly ref: string;
  readonly config: ImageConfig;
  /** The flattened root: never written to, the bottom of each container's overlay. */
  readonly root: string;
  readonly binds: readonly HostBind[];
}

/** Somewhere images come from, by canonical name. */
export interface ImageSource {
  readonly name: ImageStatus["source"];
  /** Undefined: this source doesn't have it. Without `pull` it only says what is there already. */
  find(canonicalName: string, pull?: PullTerms): Promise<FoundImage | undefined>;
}
export interface PullTerms {
  readonly signal: AbortSignal;
  /** Texts of docker configurations. */
  readonly secrets: readonly string[];
}
export interface FoundImage {
  readonly ref: string;
  readonly sizeBytes: number;
  readonly config: ImageConfig;
  open(): Promise<OpenImage>;
  /** No container uses it any more; it may be opened again. */
  close?(): Promise<void>;
  /** Whether it is still on the disk. Default: always. */
  exists?(): boolean;
}
