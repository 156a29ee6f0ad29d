/**
 * Checks of a pod's spec, in a pod or in a template. Left out: particulars of Windows pods.
 * Upstream: pkg/apis/core/validation/validation.go (ValidatePodSpec)
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type {
  HostAlias,
  PodDNSConfig,
  PodResourceClaim,
  PodSchedulingGate,
  PodSpec,
  PodTemplateSpec,
} from "../../../schema/shapes/core.v1.ts";
import { ipAddress } from "../../addressChecks.ts";
import { dnsLabel, dnsSubdomain, optionalOneOf, problemsAt, qualifiedName, requiredOneOf } from "../../fieldChecks.ts";
import { validateAnnotations, validateLabels } from "../../meta/v1/labels.ts";
import { validateAffinity } from "./affinityValidation.ts";
import { validateAllContainers } from "./containerListValidation.ts";
import { validatePodAnnotations } from "./podAnnotations.ts";
import { validatePodResources } from "./podResourceValidation.ts";
import { validateResourceRequirements } from "./resourceValidation.ts";
import { validateHostUsers, validatePodSecurityContext } from "./securityContextValidation.ts";
import { validateTolerations } from "./taintValidation.ts";
import { validateTopologySpread } from "./topologySpreadValidation.ts";
import { validateVolumes } from "./volumeValidation.ts";

const maxInt32 = 2_147_483_647;

export function validatePodTemplate(template: PodTemplateSpec, at: Path): FieldError[] {
  const { metadata, spec } = template;
  const errors = [
    ...validateLabels(metadata?.labels, at.child("labels")),
    ...validateAnnotations(metadata?.annotations, at.child("annotations")),
    ...validatePodAnnotations(metadata?.annotations, spec, at.child("annotations")),
    ...validatePodSpec(spec, undefined, at.child("spec")),
  ];
  if ((spec.ephemeralContainers ?? []).length === 0) return errors;
  return [...errors, forbidden(at.child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template")];
}

/** `podName`: of the pod that this is the spec of; undefined in templates. */
export function validatePodSpec(spec: PodSpec, podName: string | undefined, at: Path): FieldError[] {
  const { volumes, errors } = validateVolumes(spec.volumes ?? [], podName, at.child("volumes"));
  const claims = spec.resourceClaims ?? [];
  const context = {
    volumes,
    claimNames: new Set(claims.map(({ name }) => name).filter((name) => name !== "")),
    gracePeriod: spec.terminationGracePeriodSeconds,
    restartPolicy: spec.restartPolicy ?? "",
    hostUsers: spec.hostUsers !== false,
  };
  const first = spec.terminationGracePeriodSeconds === undefined ? [required(at.child("terminationGracePeriodSeconds"))] : [];
  return [
    ...first,
    ...errors,
    ...validateClaims(claims, at.child("resourceClaims")),
    ...validateAllContainers(spec, context, at),
    ...validateHostNetworkPorts(spec, podName !== undefined, at.child("containers")),
    ...validatePolicies(spec, at),
    ...validatePlacement(spec, at),
    ...validateNames(spec, at),
    ...validateLimits(spec, at),
  ];
}

function validateClaims(claims: readonly PodResourceClaim[], at: Path): FieldError[] {
  const names = new Set<string>();
  return claims.flatMap((claim, i) => {
    const here = at.index(i);
    const nameAt = here.child("name");
    const { resourceClaimName: direct, resourceClaimTemplateName: template } = claim;
    const errors: FieldError[] = [];
    if (claim.name === "") errors.push(required(nameAt));
    else if (names.has(claim.name)) errors.push(duplicate(nameAt, claim.name));
    else errors.push(...dnsLabel(claim.name, nameAt));
    names.add(claim.name);
    const rule = "`resourceClaimName`, `resourceClaimTemplateName`";
    if (direct !== undefined && template !== undefined) {
      errors.push(invalid(here, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"));
    } else if (direct === undefined && template === undefined) errors.push(invalid(here, claim, `must specify one of: ${rule}`));
    if (direct !== undefined) errors.push(...dnsSubdomain(direct, here.child("resourceClaimName")));
    return template === undefined ? errors : [...errors, ...dnsSubdomain(template, here.child("resourceClaimTemplateName"))];
  });
}

/** On the host's network a container's port is the host's. Templates may leave it out: it is filled in when the pod is made. */
function validateHostNetworkPorts(spec: PodSpec, isPod: boolean, at: Path): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return spec.containers.flatMap((container, c) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, containerPort }, p) => {
      if (hostPort === containerPort || (hostPort === 0 && !isPod)) return [];
      const portAt = at.index(c).child("ports").index(p).child("hostPort");
      return [invalid(portAt, hostPort, "must match `containerPort` when `hostNetwork` is true")];
    }),
  );
}

const restartPolicies: readonly string[] = ["Always", "OnFailure", "Never"];
const dnsPolicies: readonly string[] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const preemptionPolicies: readonly string[] = ["PreemptLowerPriority", "Never"];

function validatePolicies(spec: PodSpec, at: Path): FieldError[] {
  return [
    ...requiredOneOf(spec.restartPolicy, restartPolicies, at.child("restartPolicy")),
    ...requiredOneOf(spec.dnsPolicy, dnsPolicies, at.child("dnsPolicy")),
    ...validateLabels(spec.nodeSelector, at.child("nodeSelector")),
    ...validatePodSecurityContext(spec, at),
    ...validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, at.child("dnsConfig")),
    ...validateHostUsers(spec, at),
    ...optionalOneOf(spec.preemptionPolicy, preemptionPolicies, at.child("preemptionPolicy")),
    ...validateOs(spec, at.child("os")),
  ];
}

function validateOs({ os }: PodSpec, at: Path): FieldError[] {
  if (os === undefined) return [];
  if (os.name === "") return [required(at.child("name"), "cannot be empty")];
  return os.name === "linux" || os.name === "windows" ? [] : [notSupported(at, os.name, ["linux", "windows"])];
}

function validatePlacement(spec: PodSpec, at: Path): FieldError[] {
  const gates = spec.readinessGates ?? [];
  return [
    ...validateAffinity(spec.affinity, at.child("affinity")),
    ...gates.flatMap((gate, i) => qualifiedName(gate.conditionType, at.child("readinessGates").index(i).child("conditionType"))),
    ...validateSchedulingGates(spec.schedulingGates ?? [], at.child("schedulingGates")),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], at.child("topologySpreadConstraints")),
    ...validateTolerations(spec.tolerations ?? [], at.child("tolerations")),
    ...validateHostAliases(spec.hostAliases ?? [], at.child("hostAliases")),
  ];
}

function validateSchedulingGates(gates: readonly PodSchedulingGate[], at: Path): FieldError[] {
  const seen = new Set<string>();
  return gates.flatMap(({ name }, i) => {
    const errors = qualifiedName(name, at.index(i));
    if (seen.has(name)) errors.push(duplicate(at.index(i), name));
    seen.add(name);
    return errors;
  });
}

function validateHostAliases(aliases: readonly HostAlias[], at: Path): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, i) => [
    ...ipAddress(ip, at.index(i).child("ip")),
    ...hostnames.flatMap((hostname, j) => dnsSubdomain(hostname, at.index(i).child("hostnames").index(j))),
  ]);
}

const maxHostnameLength = 64;

function validateNames(spec: PodSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ["serviceAccountName", "nodeName"] as const) {
    const name = spec[field];
    if (name) errors.push(...problemsAt(at.child(field), name, dnsSubdomainProblems(name)));
  }
  if (spec.hostname) errors.push(...dnsLabel(spec.hostname, at.child("hostname")));
  if (spec.subdomain) errors.push(...dnsLabel(spec.subdomain, at.child("subdomain")));
  if (spec.priorityClassName) errors.push(...dnsSubdomain(spec.priorityClassName, at.child("priorityClassName")));
  if (spec.runtimeClassName !== undefined) errors.push(...dnsSubdomain(spec.runtimeClassName, at.child("runtimeClassName")));
  return [...errors, ...validateHostnameOverride(spec, at.child("hostnameOverride"))];
}

function validateHostnameOverride({ hostnameOverride: name, hostNetwork, setHostnameAsFQDN }: PodSpec, at: Path): FieldError[] {
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  if (hostNetwork === true) errors.push(forbidden(at, "may not be set when hostNetwork is true"));
  if (setHostnameAsFQDN === true) errors.push(forbidden(at, "may not be set when setHostnameAsFQDN is true"));
  if (name.length > maxHostnameLength) errors.push(invalid(at, name, `must be no more than ${maxHostnameLength} characters`));
  return [...errors, ...dnsSubdomain(name, at)];
}

function validateLimits(spec: PodSpec, at: Path): FieldError[] {
  const deadline = spec.activeDeadlineSeconds;
  const errors: FieldError[] = [];
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    errors.push(invalid(at.child("activeDeadlineSeconds"), deadline, `must be between 1 and ${maxInt32}, inclusive`));
  }
  if (spec.overhead !== undefined) {
    errors.push(...validateResourceRequirements({ limits: spec.overhead }, new Set(), at.child("overhead")));
  }
  return [...errors, ...validatePodResources(spec, at.child("resources"))];
}

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;

function validateDnsConfig(config: PodDNSConfig | undefined, policy: string | undefined, at: Path): FieldError[] {
  const serversAt = at.child("nameservers");
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (policy === "None" && config === undefined) return [required(at, "must provide `dnsConfig` when `dnsPolicy` is None")];
  if (policy === "None" && nameservers.length === 0) {
    return [required(serversAt, "must provide at least one DNS nameserver when `dnsPolicy` is None")];
  }
  const errors: FieldError[] = [];
  if (nameservers.length > maxNameservers) {
    errors.push(invalid(serversAt, nameservers, `must not have more than ${maxNameservers} nameservers`));
  }
  errors.push(...nameservers.flatMap((server, i) => ipAddress(server, serversAt.index(i))));
  errors.push(...validateSearches(searches, at.child("searches")));
  const nameless = options.flatMap(({ name = "" }, i) => (name === "" ? [i] : []));
  return [...errors, ...nameless.map((i) => required(at.child("options").index(i), "must not be empty"))];
}

function validateSearches(searches: readonly string[], at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > maxSearches) errors.push(invalid(at, searches, `must not have more than ${maxSearches} search paths`));
  if (searches.join(" ").length > maxSearchCharacters) {
    errors.push(invalid(at, searches, `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`));
  }
  const names = searches.map((search) => (search.endsWith(".") && search !== "." ? search.slice(0, -1) : search));
  return [...errors, ...names.flatMap((name, i) => (name === "." ? [] : dnsSubdomain(name.replaceAll("_", "-"), at.index(i))))];
}
