/** What admission steps read: objects of other kinds, out of the caches. */
import type { KindRef, KubeObject } from "../../machinery/kind.ts";
import type { Resource } from "../registry/resource.ts";
import type { Feed } from "../storage/feed.ts";
import { listPrefix, objectKey } from "../storage/keys.ts";

export class Caches {
  private readonly resource: (group: string, plural: string) => Resource;
  private readonly feed: Feed;

  constructor(resource: (group: string, plural: string) => Resource, feed: Feed) {
    this.resource = resource;
    this.feed = feed;
  }

  /** What the cache knows now. Don't change it. */
  get<T extends KubeObject>(of: KindRef<T>, namespace: string, name: string): T | undefined {
    const { kind, cache } = this.resource(of.group, of.plural);
    return cache.get(objectKey(kind, namespace, name))?.object as T | undefined;
  }

  /** As `get`, and asks again after catching up with the store when nothing was found. */
  async find<T extends KubeObject>(of: KindRef<T>, namespace: string, name: string): Promise<T | undefined> {
    const known = this.get(of, namespace, name);
    if (known !== undefined) return known;
    await this.feed.fresh();
    return this.get(of, namespace, name);
  }

  async list<T extends KubeObject>(of: KindRef<T>, namespace = ""): Promise<readonly T[]> {
    await this.feed.fresh();
    const { kind, cache } = this.resource(of.group, of.plural);
    return cache.range(listPrefix(kind, namespace)).map((stored) => stored.object as T);
  }
}
