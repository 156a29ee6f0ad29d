/** Checks of a pod on creation and of changes to its status. Upstream: pkg/apis/core/validation/validation.go (ValidatePodCreate, ValidatePodStatusUpdate) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { ContainerStatus, Pod } from "../../../schema/shapes/core.v1.ts";
import { familyOf, ipAddress } from "../../addressChecks.ts";
import { dnsSubdomainName, problemsAt, qualifiedName } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateImageForm } from "./containerValidation.ts";
import { validatePodAnnotations, validatePodAnnotationUpdate } from "./podAnnotations.ts";
import { validatePodSpec } from "./podSpecValidation.ts";

export function validatePod(pod: Pod, at: Path): FieldError[] {
  const { spec } = pod;
  const specAt = at.child("spec");
  const errors = validateWhole(pod, at);
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(forbidden(specAt.child("ephemeralContainers"), "cannot be set on create"));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(forbidden(specAt.child("nodeName"), "cannot be set until all schedulingGates have been cleared"));
  }
  return errors;
}

/** What holds on creation and after every change. */
export function validateWhole({ metadata, spec }: Pod, at: Path): FieldError[] {
  const metaAt = at.child("metadata");
  const specAt = at.child("spec");
  const errors = [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, metaAt),
    ...validatePodAnnotations(metadata.annotations, spec, metaAt.child("annotations")),
    ...validatePodSpec(spec, metadata.name, specAt),
  ];
  if (!spec.serviceAccountName) errors.push(...tokensWithoutAccount({ metadata, spec }, specAt.child("volumes")));
  errors.push(...spec.containers.flatMap((container, i) => validateImageForm(container, specAt.child("containers").index(i))));
  const inits = spec.initContainers ?? [];
  return [...errors, ...inits.flatMap((container, i) => validateImageForm(container, specAt.child("initContainers").index(i)))];
}

function tokensWithoutAccount({ spec }: Pod, at: Path): FieldError[] {
  return (spec.volumes ?? []).flatMap(({ projected }, v) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, s) => {
      if (serviceAccountToken === undefined) return [];
      const tokenAt = at.index(v).child("projected", "sources").index(s).child("serviceAccountToken");
      return [forbidden(tokenAt, "must not be specified when serviceAccountName is not set")];
    }),
  );
}

const systemConditions: readonly string[] = ["PodScheduled", "Ready", "Initialized"];

export function validatePodStatusUpdate(next: Pod, previous: Pod, at: Path): FieldError[] {
  const metaAt = at.child("metadata");
  const statusAt = at.child("status");
  const custom = (next.status?.conditions ?? []).map(({ type }, i) => ({ type, i })).filter(({ type }) => !systemConditions.includes(type));
  const errors = [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, metaAt),
    ...validatePodAnnotationUpdate(next.metadata.annotations, previous.metadata.annotations, metaAt.child("annotations")),
    ...custom.flatMap(({ type, i }) => qualifiedName(type, metaAt.child("conditions").index(i).child("Type"))),
  ];
  if ((next.spec.nodeName ?? "") !== (previous.spec.nodeName ?? "")) {
    errors.push(forbidden(statusAt.child("nodeName"), "may not be changed directly"));
  }
  const nominated = next.status?.nominatedNodeName;
  if (nominated && nominated !== previous.status?.nominatedNodeName) {
    errors.push(...problemsAt(statusAt.child("nominatedNodeName"), nominated, dnsSubdomainProblems(nominated)));
  }
  return [...errors, ...validateTransitions(next, previous, statusAt), ...validateAddresses(next, statusAt)];
}

function validateTransitions(next: Pod, previous: Pod, at: Path): FieldError[] {
  const policy = previous.spec.restartPolicy ?? "Always";
  const sidecars = new Set((previous.spec.initContainers ?? []).filter((c) => c.restartPolicy !== undefined).map((c) => c.name));
  const own = new Set(previous.spec.containers.filter((c) => c.restartPolicy !== undefined).map((c) => c.name));
  return [
    ...revivals(next.status?.containerStatuses, previous.status?.containerStatuses, { policy, exempt: own }, at.child("containerStatuses")),
    ...revivals(
      next.status?.initContainerStatuses,
      previous.status?.initContainerStatuses,
      { policy, exempt: sidecars },
      at.child("initContainerStatuses"),
    ),
    ...revivals(
      next.status?.ephemeralContainerStatuses,
      previous.status?.ephemeralContainerStatuses,
      { policy: "Never", exempt: new Set() },
      at.child("ephemeralContainerStatuses"),
    ),
  ];
}

interface RestartRule {
  readonly policy: string;
  /** Containers with a restart policy of their own. */
  readonly exempt: ReadonlySet<string>;
}

/** A container that has ended for good may not come back to life. */
function revivals(
  next: readonly ContainerStatus[] = [],
  previous: readonly ContainerStatus[] = [],
  { policy, exempt }: RestartRule,
  at: Path,
): FieldError[] {
  if (policy === "Always") return [];
  return previous.flatMap(({ name, state }, i) => {
    const ended = state?.terminated;
    if (ended === undefined || exempt.has(name) || (ended.exitCode !== 0 && policy === "OnFailure")) return [];
    const revived = next.some((status) => status.name === name && status.state?.terminated === undefined);
    return revived ? [forbidden(at.index(i).child("state"), "may not be transitioned to non-terminated state")] : [];
  });
}

function validateAddresses({ status }: Pod, at: Path): FieldError[] {
  const podIPs = status?.podIPs ?? [];
  const hostIPs = status?.hostIPs ?? [];
  const hostAt = at.child("hostIPs");
  const errors = validateFamilies(podIPs, at.child("podIPs"));
  const first = hostIPs[0];
  if (first !== undefined && first.ip !== (status?.hostIP ?? "")) {
    errors.push(invalid(hostAt.index(0).child("ip"), first.ip, "must be equal to `hostIP`"));
  }
  return [...errors, ...validateFamilies(hostIPs, hostAt)];
}

function validateFamilies(addresses: readonly { ip: string }[], at: Path): FieldError[] {
  const errors = addresses.flatMap(({ ip }, i) => ipAddress(ip, at.index(i)));
  if (addresses.length < 2) return errors;
  const families = new Set(addresses.map(({ ip }) => familyOf(ip)));
  if (families.size < addresses.length) errors.push(invalid(at, addresses, "may specify no more than one IP for each IP family"));
  const seen = new Set<string>();
  for (const [i, { ip }] of addresses.entries()) {
    if (seen.has(ip)) errors.push(duplicate(at.index(i), { ip }));
    seen.add(ip);
  }
  return errors;
}
