/** `kubectl top node|pod`. Upstream: kubectl/pkg/cmd/top */
import { parseFieldSelector, parseLabelSelector } from "../../machinery/selectors.ts";
import { goDuration, timeMs } from "../../machinery/time.ts";
import type { Node } from "../../schema/shapes/core.v1.ts";
import type { NodeMetrics, PodMetrics } from "../../schema/shapes/metrics.v1beta1.ts";
import { type Verb, verb, verbGroup } from "../command.ts";
import { KubectlError, usageError } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { nodeTable, podTable } from "../metrics/topTables.ts";
import { Requests } from "../resources/requests.ts";
import type { Unstructured, UnstructuredList } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { selectorFlag } from "../writing/flags.ts";

const group = "metrics.k8s.io";
const supported: ReadonlySet<string> = new Set(["v1", "v1beta1"]);
const sortable: ReadonlySet<string> = new Set(["", "cpu", "memory"]);
/** Before that a pod without metrics is only young. */
const metricsDelayMs = 120_000;

const commonFlags = {
  ...selectorFlag,
  "sort-by": text(),
  "no-headers": bool(),
  "use-protocol-buffers": bool({ initial: true }),
  "show-swap": bool(),
};

const topNode: Verb = verb({
  name: "node",
  aliases: ["nodes", "no"],
  flags: { ...commonFlags, "show-capacity": bool() },
  async run({ args, flags, session, path }) {
    if (args.length > 1) throw usageError(path, "node [NAME | -l label]");
    const [name = ""] = args;
    checkSortBy(flags["sort-by"]);
    if (name !== "" && flags.selector !== "") throw new KubectlError("only one of NAME or --selector can be provided");
    const labelSelector = parseLabelSelector(flags.selector).toString();
    const metrics = (await metricsOf(session, "nodes", { namespace: "", name, labelSelector })) as unknown as NodeMetrics[];
    if (metrics.length === 0) throw new KubectlError("metrics not available yet");
    const requests = new Requests(await session.api());
    const nodes = { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false } as const;
    const found =
      name === "" ? (await requests.list(nodes, "", { labelSelector })).items : [await requests.get(nodes, { namespace: "", name })];
    const available = (found as unknown as Node[]).map(({ metadata, status }) => {
      const amounts = (flags["show-capacity"] ? status?.capacity : status?.allocatable) ?? {};
      const swap = status?.nodeInfo?.swap?.capacity;
      return [metadata.name, swap === undefined ? amounts : { ...amounts, swap: String(swap) }] as const;
    });
    const wish = { sortBy: flags["sort-by"], noHeaders: flags["no-headers"], showSwap: flags["show-swap"] };
    session.out(nodeTable(metrics, new Map(available), wish));
  },
});

const topPod: Verb = verb({
  name: "pod",
  aliases: ["pods", "po"],
  flags: { ...commonFlags, "field-selector": text(), containers: bool(), "all-namespaces": bool({ short: "A" }), sum: bool() },
  async run({ args, flags, session, path }) {
    if (args.length > 1) throw usageError(path, "pod [NAME | -l label]");
    const [name = ""] = args;
    const own = (await session.namespace()).name;
    checkSortBy(flags["sort-by"]);
    if (name !== "" && (flags.selector !== "" || flags["field-selector"] !== "")) {
      throw new KubectlError("only one of NAME or selector can be provided");
    }
    const labelSelector = parseLabelSelector(flags.selector).toString();
    const fieldSelector = parseFieldSelector(flags["field-selector"]).toString();
    const everywhere = flags["all-namespaces"];
    const namespace = everywhere ? "" : own;
    let metrics = (await metricsOf(session, "pods", { namespace, name, labelSelector })) as unknown as PodMetrics[];
    if (metrics.length > 0 && fieldSelector !== "") {
      const chosen = new Set((await podsOf(session, namespace, { labelSelector, fieldSelector })).map(placeOf));
      metrics = metrics.filter((one) => chosen.has(placeOf(one)));
    }
    if (metrics.length === 0) {
      explainNothing(session, own, await podsOf(session, own, { labelSelector, fieldSelector }));
      session.err(everywhere ? "No resources found\n" : `No resources found in ${own} namespace.\n`);
      return;
    }
    const { containers, sum } = flags;
    const wish = { sortBy: flags["sort-by"], noHeaders: flags["no-headers"], showSwap: flags["show-swap"], containers, sum };
    session.out(podTable(metrics, { ...wish, withNamespace: everywhere }));
  },
});

export const top: Verb = verbGroup("top", [topNode, topPod], { helpOnStderr: true });

function checkSortBy(sortBy: string): void {
  if (!sortable.has(sortBy)) throw new KubectlError("--sort-by accepts only cpu or memory");
}

interface Wanted {
  readonly namespace: string;
  readonly name: string;
  readonly labelSelector: string;
}

async function metricsOf(session: Session, plural: "nodes" | "pods", wanted: Wanted): Promise<readonly Unstructured[]> {
  const { groups } = await session.discovery();
  const version = groups.find(({ name }) => name === group)?.versions.find((one) => supported.has(one.version))?.version;
  if (version === undefined) throw new KubectlError("Metrics API not available");
  const kind = plural === "nodes" ? "NodeMetrics" : "PodMetrics";
  const mapping = { group, version, kind, plural, namespaced: plural === "pods" };
  const requests = new Requests(await session.api());
  const { namespace, name, labelSelector } = wanted;
  if (name !== "") return [await requests.get(mapping, { namespace, name })];
  return (await requests.list(mapping, namespace, { labelSelector })).items;
}

async function podsOf(
  session: Session,
  namespace: string,
  selectors: { readonly labelSelector: string; readonly fieldSelector: string },
): Promise<readonly Unstructured[]> {
  const path = namespace === "" ? "/api/v1/pods" : `/api/v1/namespaces/${namespace}/pods`;
  const given = Object.entries(selectors).filter(([, selector]) => selector !== "");
  const list = (await (await session.api()).object({ path, query: Object.fromEntries(given) })) as UnstructuredList;
  return list.items;
}

const placeOf = ({ metadata }: { readonly metadata: Unstructured["metadata"] }): string => `${metadata.namespace ?? ""}/${metadata.name}`;

/** No metrics for pods that are there: they are too young, or something is wrong. */
function explainNothing(session: Session, namespace: string, pods: readonly Unstructured[]): void {
  if (pods.length === 0) return;
  for (const { metadata } of pods) {
    const ageMs = session.host.clock.now() - (timeMs(metadata.creationTimestamp ?? "") ?? 0);
    if (ageMs <= metricsDelayMs) continue;
    throw new KubectlError(`Metrics not available for pod ${metadata.namespace ?? namespace}/${metadata.name}, age: ${goDuration(ageMs)}`);
  }
  throw new KubectlError("metrics not available yet");
}
