/**
 * What the cluster did during a rehearsal, as a list of transitions: pods, endpoints, data-plane views, Services, Deployments and the steps of the
 * plan. Pure: recorder.ts makes these out of watches, podLives.ts folds them into lives.
 */
import { assertNever } from "../base/assert.ts";

export type Transition =
  | {
      readonly type: "podCreated";
      readonly pod: string;
      /** The Deployment (or other owner) that it belongs to. */
      readonly owner: string;
      readonly version: string;
      readonly graceSeconds: number;
      /** What a preStop hook of type sleep lasts; 0 without one. */
      readonly preStopSeconds: number;
      readonly hasReadinessProbe: boolean;
    }
  | { readonly type: "podScheduled"; readonly pod: string; readonly node: string }
  | { readonly type: "podAddressed"; readonly pod: string; readonly ip: string }
  | { readonly type: "podRunning"; readonly pod: string; readonly restarts: number }
  | { readonly type: "podReady"; readonly pod: string }
  | { readonly type: "podUnready"; readonly pod: string }
  /** `graceSeconds` as the deletion says, which may be shorter than the pod's own. */
  | { readonly type: "podDeleting"; readonly pod: string; readonly graceSeconds: number }
  | { readonly type: "podExited"; readonly pod: string; readonly exitCode: number; readonly reason: string }
  | { readonly type: "podGone"; readonly pod: string }
  | { readonly type: "endpointAdded"; readonly service: string; readonly pod: string }
  | { readonly type: "endpointRemoved"; readonly service: string; readonly pod: string }
  /** A node's data plane has these backends in force. */
  | { readonly type: "viewChanged"; readonly service: string; readonly view: string; readonly pods: readonly string[] }
  | { readonly type: "serviceChanged"; readonly service: string; readonly selector: Readonly<Record<string, string>> }
  | {
      readonly type: "deploymentProgress";
      readonly deployment: string;
      readonly wanted: number;
      readonly updated: number;
      readonly ready: number;
      readonly available: number;
      readonly total: number;
    }
  | { readonly type: "step"; readonly text: string; readonly phase: Phase };

/** Of the rehearsal: what it is doing from then on. */
export type Phase = "before" | "change" | "settle" | "rollback" | "after";

export interface TimelineEntry {
  /** Milliseconds since the rehearsal's start. */
  readonly atMs: number;
  readonly what: Transition;
}

/** One line for people. */
// oxlint-disable-next-line complexity -- one line for each transition.
export function transitionText(what: Transition): string {
  switch (what.type) {
    case "podCreated":
      return `pod ${what.pod} created (${what.version === "" ? what.owner : what.version})`;
    case "podScheduled":
      return `pod ${what.pod} placed on ${what.node}`;
    case "podAddressed":
      return `pod ${what.pod} has ${what.ip}`;
    case "podRunning":
      return `pod ${what.pod} runs${what.restarts === 0 ? "" : `, restart ${what.restarts}`}`;
    case "podReady":
      return `pod ${what.pod} is ready`;
    case "podUnready":
      return `pod ${what.pod} is not ready`;
    case "podDeleting":
      return `pod ${what.pod} is being deleted (grace ${what.graceSeconds} s)`;
    case "podExited":
      return `pod ${what.pod} ended with exit code ${what.exitCode}${what.reason === "" ? "" : ` (${what.reason})`}`;
    case "podGone":
      return `pod ${what.pod} is gone`;
    case "endpointAdded":
      return `endpoint ${what.pod} is in Service ${what.service}`;
    case "endpointRemoved":
      return `endpoint ${what.pod} is out of Service ${what.service}`;
    case "viewChanged":
      return `${what.view} sends to ${what.pods.length} pods of ${what.service}`;
    case "serviceChanged":
      return `Service ${what.service} selects ${selectorText(what.selector)}`;
    case "deploymentProgress":
      return `Deployment ${what.deployment}: ${what.updated} of ${what.wanted} updated, ${what.ready} ready, ${what.total} in all`;
    case "step":
      return what.text;
    default:
      return assertNever(what);
  }
}

function selectorText(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
