/** Which pods each node's rules send a Service's connections to, told when that changes: what a rehearsal writes down. */
import type { ServiceRule } from "./dataPlane.ts";

/** From now on this view of this Service is these pods. */
export interface ViewChange {
  /** `namespace/name`. */
  readonly service: string;
  /** A node's name, or `all nodes` where they have no views of their own. */
  readonly view: string;
  readonly pods: readonly string[];
}

/** Remembers what it told. */
export class ViewChanges {
  readonly #told = new Map<string, string>();

  /** What differs in these rules from all that were given before. */
  take(rules: readonly ServiceRule[]): ViewChange[] {
    return rules.flatMap(({ id, backends, views }) =>
      Object.entries(views ?? { "all nodes": backends }).flatMap(([view, seen]) => {
        const pods = seen.map(({ podName }) => podName);
        const text = pods.join(" ");
        if (this.#told.get(`${id} ${view}`) === text) return [];
        this.#told.set(`${id} ${view}`, text);
        return [{ service: id.slice(0, id.lastIndexOf(":")), view, pods }];
      }),
    );
  }

  /** All is told once more. */
  forget(): void {
    this.#told.clear();
  }
}
