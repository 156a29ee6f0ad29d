/** A pod. Upstream: kubectl/pkg/describe/describe.go (describePod) */
import { qosClassOf } from "../../api/core/v1/podQos.ts";
import type { Event, Pod } from "../../schema/shapes/core.v1.ts";
import { putContainers, putResources, putSeccomp } from "./containers.ts";
import { type Describing, eventsAbout, subjectOf } from "./lookups.ts";
import type { Page } from "./page.ts";
import { localTime, putController, putLabels, putMarks, putPlace, since } from "./parts.ts";
import { putSchedulingGroup, putSpreading, putTolerations } from "./podParts.ts";
import { putVolumes } from "./volumes.ts";
import type { Unstructured } from "../resources/unstructured.ts";

export function describePod(pod: Pod, page: Page, describing: Describing): void {
  const { metadata, spec } = pod;
  const status = pod.status ?? {};
  putIdentity(page, pod);
  putMarks(page, metadata);
  putPhase(page, pod, describing.now());
  page.given(0, "Reason", status.reason);
  page.given(0, "Message", status.message);
  putSeccomp(page, spec.securityContext?.seccompProfile, 0, 0);
  putAddresses(page, pod);
  putController(page, metadata);
  page.given(0, "NominatedNodeName", status.nominatedNodeName);
  if (spec.resources !== undefined) {
    page.line(0, "Resources:");
    putResources(page, spec.resources, 1);
  }
  putAllContainers(page, pod);
  putGatesAndConditions(page, pod);
  putVolumes(page, spec.volumes ?? [], "");
  page.field(0, "QoS Class", (status.qosClass ?? "") === "" ? qosClassOf(pod) : status.qosClass);
  putLabels(page, "Node-Selectors", spec.nodeSelector);
  putTolerations(page, "Tolerations", spec.tolerations);
  putSpreading(page, spec.topologySpreadConstraints, "");
  putSchedulingGroup(page, spec.schedulingGroup, "");
}

/** Events are found by name and uid alone; those of a mirror pod by the uid of what it mirrors. */
export function eventsOfPod(pod: Pod, describing: Describing): Promise<Event[]> {
  const mirrored = pod.metadata.annotations?.["kubernetes.io/config.mirror"];
  const subject = subjectOf(pod as unknown as Unstructured);
  return eventsAbout(describing, { ...subject, kind: "", uid: mirrored ?? subject.uid });
}

function putIdentity(page: Page, { metadata, spec, status }: Pod): void {
  putPlace(page, metadata);
  page.given(0, "Priority", spec.priority);
  page.given(0, "Priority Class Name", spec.priorityClassName);
  page.given(0, "Runtime Class Name", spec.runtimeClassName);
  page.given(0, "Service Account", spec.serviceAccountName);
  page.field(0, "Node", (spec.nodeName ?? "") === "" ? "<none>" : `${spec.nodeName}/${status?.hostIP ?? ""}`);
  if (status?.startTime !== undefined) page.field(0, "Start Time", localTime(status.startTime));
}

function putPhase(page: Page, { metadata, status }: Pod, now: number): void {
  const phase = status?.phase ?? "";
  if (metadata.deletionTimestamp === undefined || phase === "Failed" || phase === "Succeeded") return page.field(0, "Status", phase);
  page.field(0, "Status", `Terminating (lasts ${since(metadata.deletionTimestamp, now)})`);
  page.field(0, "Termination Grace Period", `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  return undefined;
}

function putAddresses(page: Page, { status }: Pod): void {
  page.field(0, "IP", status?.podIP);
  const addresses = status?.podIPs ?? [];
  page.line(0, addresses.length === 0 ? "IPs:\t<none>" : "IPs:");
  for (const { ip } of addresses) page.field(1, "IP", ip);
}

function putAllContainers(page: Page, pod: Pod): void {
  const { spec, status } = pod;
  const fieldValue = (path: string): string => fieldOf(pod, path);
  const init = spec.initContainers ?? [];
  const ephemeral = spec.ephemeralContainers ?? [];
  if (init.length > 0) {
    putContainers(page, { title: "Init Containers", containers: init, statuses: status?.initContainerStatuses, fieldValue, space: "" });
  }
  putContainers(page, { title: "Containers", containers: spec.containers, statuses: status?.containerStatuses, fieldValue, space: "" });
  if (ephemeral.length > 0) {
    const statuses = status?.ephemeralContainerStatuses;
    putContainers(page, { title: "Ephemeral Containers", containers: ephemeral, statuses, fieldValue, space: "" });
  }
}

function putGatesAndConditions(page: Page, { spec, status }: Pod): void {
  const conditions = status?.conditions ?? [];
  if ((spec.readinessGates ?? []).length > 0) {
    page.line(0, "Readiness Gates:\n  Type\tStatus");
    for (const { conditionType } of spec.readinessGates ?? []) {
      page.row(1, `${conditionType} `, `${conditions.find(({ type }) => type === conditionType)?.status ?? "<none>"} `);
    }
  }
  if (conditions.length === 0) return;
  page.line(0, "Conditions:\n  Type\tStatus");
  for (const { type, status: state } of conditions) page.row(1, `${type} `, `${state} `);
}

/** What an environment variable gets from a field of its pod. Other fields than these upstream's client doesn't know. */
function fieldOf({ metadata }: Pod, path: string): string {
  if (path === "metadata.name") return metadata.name;
  return path === "metadata.namespace" ? (metadata.namespace ?? "") : "";
}
