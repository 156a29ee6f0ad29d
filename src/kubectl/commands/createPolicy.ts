/**
 * `kubectl create namespace|serviceaccount|quota|poddisruptionbudget|priorityclass`.
 * Upstream: kubectl/pkg/cmd/create/create_{namespace,serviceaccount,quota,pdb,priorityclass}.go
 */
import { verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, int, text } from "../flags.ts";
import { quantitiesOf } from "../generators/quantities.ts";
import { labelSelectorOf } from "../generators/labelSelector.ts";
import { createGenerated, generatorFlags } from "./createGenerated.ts";

export const createNamespace: Verb = verb({
  name: "namespace",
  aliases: ["ns"],
  flags: generatorFlags,
  run: (call) =>
    createGenerated(call, {
      clusterScoped: true,
      make: (name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }),
    }),
});

export const createServiceAccount: Verb = verb({
  name: "serviceaccount",
  aliases: ["sa"],
  flags: generatorFlags,
  run: (call) =>
    createGenerated(call, {
      failure: "failed to create serviceaccount:",
      make: (name) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name } }),
    }),
});

export const createQuota: Verb = verb({
  name: "quota",
  aliases: ["resourcequota"],
  flags: { ...generatorFlags, hard: text(), scopes: text() },
  run: (call) =>
    createGenerated(call, {
      failure: "failed to create quota:",
      make(name) {
        const hard = quantitiesOf(call.flags.hard);
        const scopes = call.flags.scopes === "" ? [] : call.flags.scopes.split(",");
        if (scopes.includes("")) throw new KubectlError('invalid resource quota scope ""');
        return { apiVersion: "v1", kind: "ResourceQuota", metadata: { name }, spec: { hard, scopes } };
      },
    }),
});

export const createPodDisruptionBudget: Verb = verb({
  name: "poddisruptionbudget",
  aliases: ["pdb"],
  flags: { ...generatorFlags, "max-unavailable": text(), "min-available": text(), selector: text() },
  run: (call) =>
    createGenerated(call, {
      failure: "failed to create poddisruptionbudgets:",
      make(name) {
        const { selector, "min-available": minAvailable, "max-unavailable": maxUnavailable } = call.flags;
        if (selector === "") throw new KubectlError("a selector must be specified");
        if (maxUnavailable === "" && minAvailable === "")
          throw new KubectlError("one of min-available or max-unavailable must be specified");
        if (maxUnavailable !== "" && minAvailable !== "")
          throw new KubectlError("min-available and max-unavailable cannot be both specified");
        const [field, value, flag] =
          minAvailable === "" ? ["maxUnavailable", maxUnavailable, "max-unavailable"] : ["minAvailable", minAvailable, "min-available"];
        if (!/^\d+%?$/.test(value)) throw new KubectlError(`invalid format specified for ${flag}`);
        const spec = { [field]: value.endsWith("%") ? value : Number(value), selector: labelSelectorOf(selector) };
        return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name }, spec };
      },
    }),
});

export const createPriorityClass: Verb = verb({
  name: "priorityclass",
  aliases: ["pc"],
  flags: {
    ...generatorFlags,
    description: text(),
    "global-default": bool(),
    "preemption-policy": text({ initial: "PreemptLowerPriority" }),
    value: int({ bits: 32 }),
  },
  run: (call) =>
    createGenerated(call, {
      failure: "failed to create priorityclass:",
      clusterScoped: true,
      make: (name) => ({
        apiVersion: "scheduling.k8s.io/v1",
        kind: "PriorityClass",
        metadata: { name },
        value: call.flags.value,
        globalDefault: call.flags["global-default"],
        description: call.flags.description,
        preemptionPolicy: call.flags["preemption-policy"],
      }),
    }),
});
