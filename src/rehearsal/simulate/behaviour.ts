/**
 * How a pod's program behaves in a simulation, from the pod itself: annotations `rehearsal.coxswain.dev/listen-after-ms` and so on, or the environment
 * variables that coxswain/rehearsal-app reads. And what the simulated runtime must do to match.
 */
import { deployment as deploymentKind } from "../../api/apps/v1/deployment.ts";
import type { Deployment } from "../../schema/shapes/apps.v1.ts";
import type { Pod, PodSpec } from "../../schema/shapes/core.v1.ts";
import type { ManifestObject } from "../manifests.ts";
import { type AppBehaviour, behaviourFrom, drainLingerMs, hangupLingerMs, usualBehaviour } from "../ports/appBehaviour.ts";

const prefix = "rehearsal.coxswain.dev/";
/** What the simulated container runtime reads. */
const runtimePrefix = "simulate.coxswain.dev/";
/** Answers vary by a tenth. */
const longestShare = 1.1;
const rehearsalApp = /(^|\/)coxswain\/rehearsal-app(:|$)/;

export function podBehaviour({ metadata, spec }: Pick<Pod, "metadata" | "spec">): AppBehaviour {
  return behaviourOf(metadata.annotations, spec);
}

function behaviourOf(annotations: Readonly<Record<string, string>> | undefined, spec: PodSpec | undefined): AppBehaviour {
  const [container] = spec?.containers ?? [];
  const isApp = rehearsalApp.test(container?.image ?? "");
  const given = isApp ? (container?.env ?? []).map(({ name, value }) => [name, value ?? ""] as const) : [];
  const annotated = Object.entries(annotations ?? {})
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length).replaceAll("-", "_").toUpperCase(), value] as const);
  return behaviourFrom(Object.fromEntries([...given, ...annotated]), usualBehaviour);
}

/** The same objects, their pods told how to be simulated. What they say themselves stays. `keepAlive`: clients keep connections, which delays a drain. */
export function simulated(objects: readonly ManifestObject[], keepAlive: boolean): ManifestObject[] {
  return objects.map((each) =>
    each.kind === deploymentKind ? { ...each, object: withAnnotations(each.object as Deployment, keepAlive) } : each,
  );
}

function withAnnotations(deployment: Deployment, keepAlive: boolean): Deployment {
  const { template } = deployment.spec;
  const behaviour = behaviourOf(template.metadata?.annotations, template.spec);
  const annotations = { ...runtimeAnnotations(behaviour, keepAlive), ...template.metadata?.annotations };
  return {
    ...deployment,
    spec: {
      ...deployment.spec,
      template: { ...template, metadata: { ...template.metadata, name: template.metadata?.name ?? "", annotations } },
    },
  };
}

function runtimeAnnotations(
  { listenAfterMs, answerAfterMs, onSigterm, crashAfterMs }: AppBehaviour,
  keepAlive: boolean,
): Record<string, string> {
  const finishMs = Math.ceil(answerAfterMs * longestShare) + 5;
  const stopMs = {
    exit: 0,
    stop: finishMs,
    drain: keepAlive ? Math.max(finishMs, drainLingerMs) : finishMs,
    hangup: hangupLingerMs,
    ignore: 3_600_000,
  }[onSigterm];
  return {
    [`${runtimePrefix}ready-after`]: `${listenAfterMs}ms`,
    [`${runtimePrefix}stop-delay`]: `${stopMs}ms`,
    ...(crashAfterMs === 0 ? {} : { [`${runtimePrefix}run-for`]: `${crashAfterMs}ms`, [`${runtimePrefix}exit-code`]: "1" }),
  };
}
