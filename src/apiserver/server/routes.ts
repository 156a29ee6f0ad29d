/** From what a request asks for to what answers it: a table built once out of the kinds. */
import type { Kind } from "../../machinery/kind.ts";
import { unknownPath, methodNotSupported } from "../../machinery/status.ts";
import { reviewKinds } from "../reviews/reviews.ts";
import type { VirtualKind } from "../reviews/reviews.ts";
import type { RequestInfo } from "../request/requestInfo.ts";
import { verbsOf } from "../discovery/served.ts";
import type { MetricsKind } from "../metrics/metricsKinds.ts";
import { create } from "../verbs/create.ts";
import { remove, removeCollection } from "../verbs/delete.ts";
import { get } from "../verbs/get.ts";
import { list } from "../verbs/list.ts";
import { patch } from "../verbs/patch.ts";
import { update } from "../verbs/update.ts";
import { watch } from "../verbs/watch.ts";
import type { ResourceHandler } from "./call.ts";
import { type Subresource, subresourcesOf } from "./subresources.ts";

export type Route =
  | { readonly to: "kind"; readonly kind: Kind; readonly handler: ResourceHandler }
  | { readonly to: "review"; readonly kind: VirtualKind }
  | { readonly to: "metrics"; readonly kind: MetricsKind };

type Handlers = Readonly<Record<string, ResourceHandler>>;

const mainHandlers: Handlers = {
  create,
  delete: remove,
  deletecollection: removeCollection,
  get,
  list,
  patch,
  update,
  watch,
};
const ofObjects: ReadonlySet<string> = new Set(["update", "patch"]);
/** Verbs that a namespaced kind takes across all namespaces. */
const acrossNamespaces: ReadonlySet<string> = new Set(["list", "watch"]);

interface KindRoutes {
  readonly kind: Kind;
  readonly main: Handlers;
  readonly subresources: ReadonlyMap<string, Subresource>;
}

export class Routes {
  private readonly kinds = new Map<string, KindRoutes>();
  private readonly reviews = new Map<string, VirtualKind>();
  private readonly metrics = new Map<string, MetricsKind>();

  constructor(kinds: readonly Kind[], metrics: readonly MetricsKind[] = []) {
    for (const kind of metrics) this.metrics.set(`${kind.group}/${kind.version}/${kind.plural}`, kind);
    for (const kind of kinds) {
      const main = Object.fromEntries(verbsOf(kind).map((verb) => [verb, mainHandlers[verb] ?? unreachable]));
      const subresources = new Map(subresourcesOf(kind).map((each) => [each.name, each]));
      this.kinds.set(`${kind.group}/${kind.version}/${kind.plural}`, { kind, main, subresources });
    }
    for (const kind of reviewKinds) this.reviews.set(`${kind.group}/${kind.version}/${kind.plural}`, kind);
  }

  /** Whether the path leads to something that is served, whatever the verb. */
  knows(info: RequestInfo): boolean {
    const key = keyOf(info);
    const routes = this.kinds.get(key);
    if (routes === undefined) return this.reviews.has(key) || this.metrics.has(key);
    return info.subresource === "" || routes.subresources.has(info.subresource);
  }

  /** Throws 404 or 405. */
  find(info: RequestInfo): Route {
    const key = keyOf(info);
    const routes = this.kinds.get(key);
    if (routes !== undefined) return { to: "kind", kind: routes.kind, handler: handlerOf(routes, info) };
    const metrics = this.metrics.get(key);
    if (metrics !== undefined) return { to: "metrics", kind: checkedMetrics(metrics, info) };
    const review = this.reviews.get(key);
    if (review === undefined || info.name !== "" || review.namespaced !== (info.namespace !== "")) throw unknownPath();
    if (info.verb !== "create") throw methodNotSupported();
    return { to: "review", kind: review };
  }
}

function checkedMetrics(kind: MetricsKind, info: RequestInfo): MetricsKind {
  const misplaced = kind.namespaced ? info.namespace === "" && info.name !== "" : info.namespace !== "";
  if (misplaced || info.subresource !== "") throw unknownPath();
  return kind;
}

function handlerOf({ kind, main, subresources }: KindRoutes, info: RequestInfo): ResourceHandler {
  checkScope(kind, info);
  const below = subresources.get(info.subresource);
  const handlers = info.subresource === "" ? main : below?.handlers;
  if (handlers === undefined || (info.rest !== "" && below?.takesPath !== true)) throw unknownPath();
  const handler = Object.hasOwn(handlers, info.verb) ? handlers[info.verb] : undefined;
  if (handler === undefined || (info.method === "HEAD" && below?.takesPath !== true) || !fitsPath(kind, info)) throw methodNotSupported();
  return handler;
}

/** Whether the verb belongs to an object or to a collection, whichever the path names. */
function fitsPath(kind: Kind, info: RequestInfo): boolean {
  if (kind.namespaced && info.namespace === "" && !acrossNamespaces.has(info.verb)) return false;
  if (info.subresource !== "") return true;
  return info.name === "" ? !ofObjects.has(info.verb) : info.verb !== "create";
}

function checkScope(kind: Kind, info: RequestInfo): void {
  if (kind.namespaced) {
    // An object of a namespaced kind is only found in its namespace.
    if (info.namespace === "" && info.name !== "") throw unknownPath();
    return;
  }
  const itself = kind.group === "" && kind.plural === "namespaces";
  if (info.namespace !== "" && !itself) throw unknownPath();
}

function keyOf(info: RequestInfo): string {
  return `${info.group}/${info.version}/${info.resource}`;
}

const unreachable: ResourceHandler = () => {
  throw methodNotSupported();
};
