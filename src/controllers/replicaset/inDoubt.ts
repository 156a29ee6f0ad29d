/**
 * Writes whose outcome a ReplicaSet doesn't know: the server failed or the answer got lost, but it may have acted. They are repeated as they were,
 * with the same name or on the same pod, so that the second try finds the first one's work instead of doubling it.
 */
export interface InDoubt {
  /** Pods that may have been created. */
  readonly names: Set<string>;
  /** Uids of pods whose deletion may have been taken. */
  readonly deletions: Set<string>;
}

export class InDoubtByOwner {
  private readonly owners = new Map<string, { readonly uid: string; readonly doubts: InDoubt }>();

  /** Of the ReplicaSet with this key; one that was deleted and made anew starts without doubts. */
  of(key: string, uid: string): InDoubt {
    const known = this.owners.get(key);
    if (known?.uid === uid) return known.doubts;
    const doubts: InDoubt = { names: new Set(), deletions: new Set() };
    this.owners.set(key, { uid, doubts });
    return doubts;
  }

  forget(key: string): void {
    this.owners.delete(key);
  }
}
