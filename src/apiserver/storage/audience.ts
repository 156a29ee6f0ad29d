/**
 * Who hears of a kind's changes. Listeners that want one value of a field (the pods of one node, one object by name) are found by that value,
 * so that a thousand kubelets cost a change no more than one.
 */
import type { KubeObject } from "../../machinery/kind.ts";
import type { Stored } from "./stored.ts";

/** The listener only cares for objects whose `field` has this value. */
export interface Interest {
  readonly field: string;
  readonly value: string;
  readonly read: (object: KubeObject) => string;
}

interface Index<L> {
  readonly read: (object: KubeObject) => string;
  readonly byValue: Map<string, Set<L>>;
}

export class Audience<L> {
  private readonly general = new Set<L>();
  private readonly indexes = new Map<string, Index<L>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(listener: L, interest: Interest | undefined): Disposable {
    const group = interest === undefined ? this.general : this.groupOf(interest);
    group.add(listener);
    this.count += 1;
    return { [Symbol.dispose]: () => this.remove(listener, group, interest) };
  }

  /** Everybody leaves. */
  clear(): L[] {
    const all = [...this.general];
    for (const { byValue } of this.indexes.values()) for (const group of byValue.values()) all.push(...group);
    this.general.clear();
    this.indexes.clear();
    this.count = 0;
    return all;
  }

  /** Each of those whom the change concerns, once. */
  tell(current: Stored | undefined, previous: Stored | undefined, say: (listener: L) => void): void {
    for (const listener of this.general) say(listener);
    for (const { read, byValue } of this.indexes.values()) {
      const now = current === undefined ? undefined : read(current.object);
      const before = previous === undefined ? undefined : read(previous.object);
      if (now !== undefined) for (const listener of byValue.get(now) ?? []) say(listener);
      if (before !== undefined && before !== now) for (const listener of byValue.get(before) ?? []) say(listener);
    }
  }

  private groupOf({ field, value, read }: Interest): Set<L> {
    let index = this.indexes.get(field);
    if (index === undefined) this.indexes.set(field, (index = { read, byValue: new Map() }));
    let group = index.byValue.get(value);
    if (group === undefined) index.byValue.set(value, (group = new Set()));
    return group;
  }

  private remove(listener: L, group: Set<L>, interest: Interest | undefined): void {
    if (!group.delete(listener)) return;
    this.count -= 1;
    if (interest === undefined || group.size > 0) return;
    const index = this.indexes.get(interest.field);
    if (index?.byValue.get(interest.value) === group) index.byValue.delete(interest.value);
    if (index?.byValue.size === 0) this.indexes.delete(interest.field);
  }
}
