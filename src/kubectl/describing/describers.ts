/** Who describes which kind; everything else is described field by field. Upstream: kubectl/pkg/describe/describe.go (describerMap) */
import { isApiError } from "../../machinery/status.ts";
import type { Event } from "../../schema/shapes/core.v1.ts";
import type { Api } from "../api.ts";
import { type Place, Requests } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { describeAnything } from "./generic.ts";
import { type Describing, eventsAbout, putEvents, subjectOf, withoutNulls } from "./lookups.ts";
import { Page } from "./page.ts";

type Describe<T> = (object: T, page: Page, describing: Describing) => Promise<void> | void;

interface Describer {
  /** The version that it reads, and others where the first isn't served. */
  readonly versions: readonly string[];
  /** How its events are found; absent: it has none. */
  readonly events: ((object: never, describing: Describing) => Promise<Event[]>) | undefined;
  load(): Promise<Describe<never>>;
}

const ownEvents = (object: Unstructured, describing: Describing): Promise<Event[]> => eventsAbout(describing, subjectOf(object));

function describer(load: Describer["load"], { versions = ["v1"], events = ownEvents }: Partial<Omit<Describer, "load">> = {}): Describer {
  return { versions, events, load };
}

function withoutEvents(load: Describer["load"]): Describer {
  return { versions: ["v1"], events: undefined, load };
}

const configuration = () => import("./configuration.ts");
const workloads = () => import("./workloads.ts");
const batch = () => import("./batch.ts");
const network = () => import("./network.ts");
const ingress = () => import("./ingress.ts");
const storage = () => import("./storage.ts");
const access = () => import("./access.ts");
const scaling = () => import("./scaling.ts");
const priorityClass = describer(async () => (await configuration()).describePriorityClass);

const describers: Readonly<Record<string, Describer>> = {
  Pod: describer(async () => (await import("./pod.ts")).describePod, {
    events: async (pod, describing) => (await import("./pod.ts")).eventsOfPod(pod, describing),
  }),
  ReplicationController: describer(async () => (await workloads()).describeReplicationController),
  Secret: withoutEvents(async () => (await configuration()).describeSecret),
  Service: describer(async () => (await network()).describeService),
  ServiceAccount: describer(async () => (await configuration()).describeServiceAccount),
  Node: describer(async () => (await import("./node.ts")).describeNode, {
    events: async (node, describing) => (await import("./node.ts")).eventsOfNode(node, describing),
  }),
  LimitRange: withoutEvents(async () => (await configuration()).describeLimitRange),
  ResourceQuota: withoutEvents(async () => (await configuration()).describeQuota),
  PersistentVolume: describer(async () => (await storage()).describeVolume),
  PersistentVolumeClaim: describer(async () => (await storage()).describeClaim),
  Namespace: withoutEvents(async () => (await configuration()).describeNamespace),
  Endpoints: describer(async () => (await network()).describeEndpoints),
  ConfigMap: describer(async () => (await configuration()).describeConfigMap),
  "PriorityClass.scheduling.k8s.io": priorityClass,
  "EndpointSlice.discovery.k8s.io": describer(async () => (await network()).describeEndpointSlice),
  "HorizontalPodAutoscaler.autoscaling": describer(async () => (await scaling()).describeAutoscaler, { versions: ["v2"] }),
  "Ingress.networking.k8s.io": describer(async () => (await ingress()).describeIngress),
  "IngressClass.networking.k8s.io": describer(async () => (await ingress()).describeIngressClass),
  "ServiceCIDR.networking.k8s.io": describer(async () => (await network()).describeServiceCidr, { versions: ["v1", "v1beta1"] }),
  "IPAddress.networking.k8s.io": describer(async () => (await network()).describeIpAddress, { versions: ["v1", "v1beta1"] }),
  "Job.batch": describer(async () => (await batch()).describeJob),
  "CronJob.batch": describer(async () => (await batch()).describeCronJob),
  "StatefulSet.apps": describer(async () => (await workloads()).describeStatefulSet),
  "Deployment.apps": describer(async () => (await workloads()).describeDeployment),
  "DaemonSet.apps": describer(async () => (await workloads()).describeDaemonSet),
  "ReplicaSet.apps": describer(async () => (await workloads()).describeReplicaSet),
  "CertificateSigningRequest.certificates.k8s.io": describer(async () => (await import("./certificate.ts")).describeCertificate),
  "StorageClass.storage.k8s.io": describer(async () => (await storage()).describeStorageClass),
  "CSINode.storage.k8s.io": describer(async () => (await storage()).describeCsiNode),
  "VolumeAttributesClass.storage.k8s.io": describer(async () => (await storage()).describeVolumeAttributesClass),
  "PodDisruptionBudget.policy": describer(async () => (await scaling()).describeDisruptionBudget),
  "Role.rbac.authorization.k8s.io": withoutEvents(async () => (await access()).describeRole),
  "ClusterRole.rbac.authorization.k8s.io": withoutEvents(async () => (await access()).describeRole),
  "RoleBinding.rbac.authorization.k8s.io": withoutEvents(async () => (await access()).describeBinding),
  "ClusterRoleBinding.rbac.authorization.k8s.io": withoutEvents(async () => (await access()).describeBinding),
  "NetworkPolicy.networking.k8s.io": withoutEvents(async () => (await import("./networkPolicy.ts")).describeNetworkPolicy),
};

const anything: Describer = describer(() => Promise.resolve(describeAnything));

/** The description of one object, as it is now on the server. */
export async function describe(mapping: Mapping, place: Place, describing: Describing): Promise<string> {
  const { group, kind } = mapping;
  const found = describers[group === "" ? kind : `${kind}.${group}`];
  const versions = found?.versions ?? [mapping.version];
  const fetched = await firstServed(mapping, versions, place, describing.api);
  // Typed ones know their kind even where the server doesn't say it.
  const object = found === undefined ? fetched : { ...(withoutNulls(fetched) as Unstructured), kind };
  const chosen = found ?? anything;
  const page = new Page();
  const put = await chosen.load();
  await put(object as never, page, describing);
  const events = describing.showEvents ? await chosen.events?.(object as never, describing) : undefined;
  if (events !== undefined) putEvents(page, events, describing.now());
  return page.text();
}

async function firstServed(mapping: Mapping, versions: readonly string[], place: Place, api: Api): Promise<Unstructured> {
  const [version = mapping.version, ...others] = versions;
  try {
    return await new Requests(api).get({ ...mapping, version }, place);
  } catch (error) {
    if (others.length === 0 || !isApiError(error, "NotFound")) throw error;
    return await firstServed(mapping, others, place, api);
  }
}
