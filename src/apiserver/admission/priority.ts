/** A pod's priority class becomes its number. Upstream: plugin/pkg/admission/priority/admission.go */
import { priorityClass } from "../../api/scheduling/v1/priorityClass.ts";
import { forbidden } from "../../machinery/status.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { PriorityClass } from "../../schema/shapes/scheduling.v1.ts";
import type { AdmissionStep, Attributes } from "./admission.ts";
import type { Caches } from "./caches.ts";

const defaultPolicy = "PreemptLowerPriority";
/** Always there, as upstream: made at start there, known by heart here until they are. */
const systemClasses: Readonly<Record<string, number>> = { "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000 };

export function priority(caches: Caches): AdmissionStep {
  return {
    name: "Priority",
    admit(attributes) {
      const { operation, kind, subresource } = attributes;
      if (kind.group !== "" || kind.plural !== "pods" || subresource !== "") return undefined;
      if (operation === "update") return keep(attributes);
      return operation === "create" ? resolve(caches, attributes) : undefined;
    },
  };
}

/** An update that leaves it out means no change. */
function keep({ object, previous }: Attributes): undefined {
  const next = (object as Pod).spec;
  const before = (previous as Pod).spec;
  next.priority ??= before.priority;
  next.preemptionPolicy ??= before.preemptionPolicy;
  return undefined;
}

async function resolve(caches: Caches, { kind, object }: Attributes): Promise<void> {
  const pod = object as Pod;
  const { spec } = pod;
  const asked = spec.priorityClassName ?? "";
  const { name, value, policy } = asked === "" ? await globalDefault(caches) : await named(caches, kind, pod, asked);
  if (name !== "") spec.priorityClassName = name;
  if (spec.priority !== undefined && spec.priority !== value) {
    const text = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    throw forbidden(kind, pod.metadata.name ?? "", text);
  }
  spec.priority = value;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const text = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    throw forbidden(kind, pod.metadata.name ?? "", text);
  }
  spec.preemptionPolicy = policy;
}

interface Resolved {
  readonly name: string;
  readonly value: number;
  readonly policy: string;
}

async function globalDefault(caches: Caches): Promise<Resolved> {
  const classes = (await caches.list(priorityClass)).filter((c) => c.globalDefault === true);
  let chosen: PriorityClass | undefined;
  for (const candidate of classes) if (chosen === undefined || candidate.value < chosen.value) chosen = candidate;
  if (chosen === undefined) return { name: "", value: 0, policy: defaultPolicy };
  return { name: chosen.metadata.name, value: chosen.value, policy: chosen.preemptionPolicy ?? defaultPolicy };
}

async function named(caches: Caches, kind: Attributes["kind"], pod: Pod, name: string): Promise<Resolved> {
  const found = await caches.find(priorityClass, "", name);
  const value = found?.value ?? systemClasses[name];
  if (value === undefined) {
    throw forbidden(kind, pod.metadata.name ?? "", `no PriorityClass with name ${name} was found`);
  }
  return { name, value, policy: found?.preemptionPolicy ?? defaultPolicy };
}
