/**
 * The pods of each node out of one shared informer: a change goes to the one kubelet that it concerns, however many share the process.
 */
import { pod as podKind } from "../api/core/v1/pod.ts";
import { byNodeName, type Informer, type InformerFactory } from "../client/informer.ts";
import type { Pod } from "../schema/shapes/core.v1.ts";

interface PodHandler {
  /** `pod` is undefined when it is gone; `previous` when it is new. */
  (pod: Pod | undefined, previous: Pod | undefined): void;
}

class PodSource {
  readonly informer: Informer<Pod>;
  private readonly handlers = new Map<string, PodHandler>();
  private subscription: Disposable | undefined;

  constructor(informer: Informer<Pod>) {
    this.informer = informer;
    informer.addIndex(byNodeName, (pod) => (pod.spec.nodeName === undefined ? [] : [pod.spec.nodeName]));
  }

  /** Tells of the node's pods that are known already, and of every change from then on. */
  add(nodeName: string, handler: PodHandler): Disposable {
    this.handlers.set(nodeName, handler);
    if (this.subscription === undefined) {
      this.subscription = this.informer.onChange((pod, previous) => this.deliver(pod, previous));
    } else {
      for (const pod of this.informer.byIndex(byNodeName, nodeName)) handler(pod, undefined);
    }
    return {
      [Symbol.dispose]: () => {
        if (this.handlers.get(nodeName) === handler) this.handlers.delete(nodeName);
        if (this.handlers.size > 0) return;
        this.subscription?.[Symbol.dispose]();
        this.subscription = undefined;
      },
    };
  }

  private deliver(pod: Pod | undefined, previous: Pod | undefined): void {
    const nodeName = (pod ?? previous)?.spec.nodeName;
    if (nodeName === undefined) return;
    this.handlers.get(nodeName)?.(pod, previous);
  }
}

const sources = new WeakMap<InformerFactory, PodSource>();

export function podSource(informers: InformerFactory): PodSource {
  let source = sources.get(informers);
  if (source === undefined) {
    source = new PodSource(informers.informer(podKind));
    sources.set(informers, source);
  }
  return source;
}
