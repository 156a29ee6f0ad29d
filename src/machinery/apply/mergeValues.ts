/**
 * Merges an applied configuration into a live value: maps by key, lists by item, atomic values as one. The live list's own items stay
 * where they are, those of the configuration come in its order.
 * Upstream: sigs.k8s.io/structured-merge-diff/typed/merge.go
 */
import { isObject, type JsonObject, ownKey, setKey } from "../patch/jsonValue.ts";
import type { Place } from "./mergeSchema.ts";
import type { PathElement } from "./pathElement.ts";

/** `undefined` is what isn't there. Where both are, the configuration wins. */
export function mergeValues(live: unknown, config: unknown, place: Place | undefined): unknown {
  const leaf = config === undefined ? live : config;
  if (place === undefined || place.is === "scalar" || place.atomic) return leaf;
  if (place.is === "map") {
    if (isEmptyMap(live) && isEmptyMap(config)) return leaf;
    return mergeMaps(isObject(live) ? live : {}, isObject(config) ? config : {}, place);
  }
  const [before, wanted] = [asList(live), asList(config)];
  if (before.length === 0 && wanted.length === 0) return leaf;
  return new ListMerge(before, wanted, place).merge();
}

const isEmptyMap = (value: unknown): boolean => !isObject(value) || Object.keys(value).length === 0;
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function mergeMaps(live: JsonObject, config: JsonObject, place: Place & { is: "map" }): unknown {
  const out: JsonObject = {};
  for (const key of new Set([...Object.keys(live), ...Object.keys(config)])) {
    const [before, wanted] = [ownKey(live, key), ownKey(config, key)];
    const merged = mergeValues(before, wanted, place.field(key));
    if (merged !== undefined) setKey(out, key, merged);
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

interface Item {
  readonly element: PathElement;
  readonly value: unknown;
}

class ListMerge {
  private readonly live: readonly Item[];
  private readonly config: readonly Item[];
  private readonly liveValues = new Map<PathElement, unknown>();
  private readonly configValues: ReadonlyMap<PathElement, unknown>;
  private readonly place: Place & { is: "list"; atomic: false };
  /** Elements that both have, in the configuration's order; the first one left is the next to be met. */
  private readonly shared: PathElement[];
  private readonly done = new Set<PathElement>();
  private readonly out: unknown[] = [];
  private l = 0;
  private c = 0;

  constructor(live: readonly unknown[], config: readonly unknown[], place: Place & { is: "list"; atomic: false }) {
    this.place = place;
    this.live = this.indexed(live);
    this.config = this.indexed(config);
    for (const { element, value } of this.live) {
      // Of items that share their keys none is the one to merge with.
      this.liveValues.set(element, this.liveValues.has(element) ? undefined : value);
    }
    this.configValues = new Map(this.config.map(({ element, value }) => [element, value]));
    this.shared = this.config.map(({ element }) => element).filter((element) => this.liveValues.has(element));
  }

  private indexed(items: readonly unknown[]): Item[] {
    return items.flatMap((value) => {
      const element = this.place.element(value);
      return element === undefined ? [] : [{ element, value }];
    });
  }

  merge(): unknown {
    while (this.l < this.live.length || this.c < this.config.length) this.step(this.live[this.l], this.config[this.c]);
    return this.out.length === 0 ? undefined : this.out;
  }

  private step(mine: Item | undefined, theirs: Item | undefined): void {
    if (mine !== undefined && !this.configValues.has(mine.element)) {
      this.push(mergeValues(mine.value, undefined, this.place.item));
      this.l += 1;
    } else if (theirs === undefined || (mine !== undefined && mine.element !== theirs.element && this.waits(mine.element))) this.l += 1;
    else {
      const isDone = mine !== undefined && (mine.element === theirs.element || this.done.has(mine.element));
      if (isDone) this.l += 1;
      this.takeConfig(theirs.element);
      this.c += 1;
    }
  }

  /** A shared item that isn't the next of the shared ones is left for its turn. */
  private waits(element: PathElement): boolean {
    const [next] = this.shared;
    return this.configValues.has(element) && next !== undefined && next !== element;
  }

  private takeConfig(element: PathElement): void {
    this.done.add(element);
    if (this.shared[0] === element) this.shared.shift();
    this.push(mergeValues(this.liveValues.get(element), this.configValues.get(element), this.place.item));
  }

  private push(value: unknown): void {
    if (value !== undefined) this.out.push(value);
  }
}
