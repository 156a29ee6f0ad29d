/** Where a pod's volumes live on the node. The kubelet computes contents; an adapter writes them. */
export interface VolumeFile {
  /** Relative path with `/`, already checked to stay inside. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly data: Uint8Array;
}

/** As in the pod's `emptyDir`. */
export interface EmptyDirOptions {
  /** In memory rather than on the disk. */
  readonly memory: boolean;
  /** Undefined: none. On the disk the kubelet looks after it, by `usedBytes`. */
  readonly sizeLimitBytes: number | undefined;
  /** Owns what is in it, now and later. */
  readonly fsGroup?: number | undefined;
}

/** One node's volumes, by pod uid and by the volume's name in the pod. Paths that are given are the node's. */
export interface Volumes {
  /** Nothing will ever read the contents (a simulation): the kubelet spares itself the ServiceAccount tokens. */
  readonly discards?: boolean | undefined;
  /** Writes (or atomically swaps) the whole content, readable by `fsGroup`; gives the host path. Unchanged content changes nothing. */
  publish(podUid: string, volume: string, files: readonly VolumeFile[], fsGroup?: number): Promise<string>;
  /** Made when missing, with what is in it otherwise; gives the host path. */
  emptyDir(podUid: string, volume: string, options: EmptyDirOptions): Promise<string>;
  /** What an emptyDir holds on the disk or in memory, as blocks are counted. */
  usedBytes(podUid: string, volume: string): Promise<number>;
  /** An empty file that one attempt of a container may write its last words to; any user may. Gives the host path. */
  messageFile(podUid: string, container: string, attempt: number): Promise<string>;
  /** At most the last `maxBytes` of it; nothing when it is gone. */
  readMessage(podUid: string, container: string, attempt: number, maxBytes: number): Promise<Uint8Array>;
  /** Checks or makes a hostPath by upstream's `type`; throws an Error whose message the FailedMount event shows. */
  hostPath(path: string, type: string): Promise<string>;
  /** A file of `subPath` inside a volume, made when missing; refuses paths that leave the volume. */
  subPath(volumePath: string, subPath: string): Promise<string>;
  /** Removes everything of one pod; idempotent. */
  remove(podUid: string): Promise<void>;
  /** Pod uids that have something here: for the clean-up after a restart. */
  list(): Promise<readonly string[]>;
}
