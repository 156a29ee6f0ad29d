/**
 * Checks of security contexts, of pods and of containers. Left out: the form of Windows user names.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateSecurityContext, validatePodSpecSecurityContext)
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, notSupported, required, tooLong } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems, unixIdProblems } from "../../../machinery/names.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
  WindowsSecurityContextOptions,
} from "../../../schema/shapes/core.v1.ts";
import { optionalOneOf, problemsAt } from "../../fieldChecks.ts";
import { validateDescendingPath } from "./pathValidation.ts";

function unixId(id: number | undefined, at: Path): FieldError[] {
  return id === undefined ? [] : problemsAt(at, id, unixIdProblems(id));
}

/** `hostUsers`: whether the pod shares the host's users. */
export function validateSecurityContext(context: SecurityContext, hostUsers: boolean, at: Path): FieldError[] {
  return [
    ...unixId(context.runAsUser, at.child("runAsUser")),
    ...unixId(context.runAsGroup, at.child("runAsGroup")),
    ...validateProcMount(context.procMount, hostUsers, at.child("procMount")),
    ...validateSeccomp(context.seccompProfile, at.child("seccompProfile")),
    ...validateEscalation(context, at),
    ...validateWindowsOptions(context.windowsOptions, at.child("windowsOptions")),
    ...validateAppArmor(context.appArmorProfile, at.child("appArmorProfile")),
  ];
}

function validateProcMount(procMount: string | undefined, hostUsers: boolean, at: Path): FieldError[] {
  const errors = optionalOneOf(procMount, ["Default", "Unmasked"], at);
  return hostUsers && procMount === "Unmasked"
    ? [...errors, invalid(at, procMount, "`hostUsers` must be false to use `Unmasked`")]
    : errors;
}

function validateEscalation(context: SecurityContext, at: Path): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
  if (context.privileged === true) {
    errors.push(invalid(at, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
  }
  if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) {
    errors.push(invalid(at, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"));
  }
  return errors;
}

/** `at`: the path of the pod's spec. */
export function validatePodSecurityContext(spec: PodSpec, specAt: Path): FieldError[] {
  const context = spec.securityContext;
  if (context === undefined) return [];
  const at = specAt.child("securityContext");
  const errors = [
    ...unixId(context.fsGroup, at.child("fsGroup")),
    ...unixId(context.runAsUser, at.child("runAsUser")),
    ...unixId(context.runAsGroup, at.child("runAsGroup")),
    ...(context.supplementalGroups ?? []).flatMap((id, i) => unixId(id, at.child("supplementalGroups").index(i))),
  ];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const text = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(invalid(at.child("shareProcessNamespace"), true, text));
  }
  return [
    ...errors,
    ...validateSysctls(context.sysctls ?? [], spec, at.child("sysctls")),
    ...optionalOneOf(context.fsGroupChangePolicy, ["Always", "OnRootMismatch"], at.child("fsGroupChangePolicy")),
    ...validateSeccomp(context.seccompProfile, at.child("seccompProfile")),
    ...validateWindowsOptions(context.windowsOptions, at.child("windowsOptions")),
    ...validateAppArmor(context.appArmorProfile, at.child("appArmorProfile")),
    ...validatePolicies(context, at),
  ];
}

function validatePolicies(context: PodSecurityContext, at: Path): FieldError[] {
  return [
    ...optionalOneOf(context.supplementalGroupsPolicy, ["Merge", "Strict"], at.child("supplementalGroupsPolicy")),
    ...optionalOneOf(context.seLinuxChangePolicy, ["MountOption", "Recursive"], at.child("seLinuxChangePolicy")),
  ];
}

const sysctlSegment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const sysctlPattern = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`;
/** Anchored and linear: a segment may not hold what separates two. */
const sysctlForm = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/;
const maxSysctlLength = 253;

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, at: Path): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name }, i) => {
    const here = at.index(i).child("name");
    const errors: FieldError[] = [];
    const text = `must have at most ${maxSysctlLength} characters and match regex ${sysctlPattern}`;
    if (name === "") errors.push(required(here));
    else if (name.length > maxSysctlLength || !sysctlForm.test(name)) errors.push(invalid(here, name, text));
    else if (seen.has(name)) errors.push(duplicate(here, name));
    seen.add(name);
    const plain = name.replaceAll("/", ".");
    if (spec.hostNetwork === true && plain.startsWith("net.")) {
      errors.push(invalid(here, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC === true && /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(plain)) {
      errors.push(invalid(here, name, "may not be specified when 'hostIPC' is true"));
    }
    return errors;
  });
}

const profileTypes: readonly string[] = ["Localhost", "RuntimeDefault", "Unconfined"];

function validateSeccomp(profile: SeccompProfile | undefined, at: Path): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: file } = profile;
  const fileAt = at.child("localhostProfile");
  const errors: FieldError[] = [];
  if (type === "") errors.push(required(at.child("type"), "type is required when seccompProfile is set"));
  else if (!profileTypes.includes(type)) errors.push(notSupported(at.child("type"), type, profileTypes));
  if (type === "Localhost" && file === undefined) errors.push(required(fileAt, "must be set when seccomp type is Localhost"));
  else if (type === "Localhost" && file !== undefined) errors.push(...validateDescendingPath(file, fileAt));
  else if (file !== undefined) errors.push(invalid(fileAt, profile, "can only be set when seccomp type is Localhost"));
  return errors;
}

const maxAppArmorLength = 4095;

function validateAppArmor(profile: AppArmorProfile | undefined, at: Path): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: file } = profile;
  if (type === "") return [required(at.child("type"), "type is required when appArmorProfile is set")];
  if (!profileTypes.includes(type)) return [notSupported(at.child("type"), type, profileTypes)];
  const fileAt = at.child("localhostProfile");
  if (type !== "Localhost") return file === undefined ? [] : [invalid(fileAt, file, "can only be set when AppArmor type is Localhost")];
  if (file === undefined) return [required(fileAt, "must be set when AppArmor type is Localhost")];
  const errors: FieldError[] = [];
  if (file.trim() !== file) errors.push(invalid(fileAt, file, "must not be padded with whitespace"));
  else if (file === "") errors.push(required(fileAt, "must be set when AppArmor type is Localhost"));
  return file.length > maxAppArmorLength ? [...errors, tooLong(fileAt, file, maxAppArmorLength)] : errors;
}

const maxCredentialKiB = 64;

function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, at: Path): FieldError[] {
  if (options === undefined) return [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credential, runAsUserName: user } = options;
  const errors = name === undefined ? [] : problemsAt(at.child("gmsaCredentialSpecName"), name, dnsSubdomainProblems(name));
  const credentialAt = at.child("gmsaCredentialSpec");
  if (credential === "") errors.push(invalid(credentialAt, "", "gmsaCredentialSpec cannot be an empty string"));
  if (credential !== undefined && credential.length > maxCredentialKiB * 1024) {
    errors.push(invalid(credentialAt, credential, `gmsaCredentialSpec size must be under ${maxCredentialKiB} KiB`));
  }
  return user === "" ? [...errors, invalid(at.child("runAsUserName"), "", "runAsUserName cannot be an empty string")] : errors;
}

/** What a pod with users of its own can't share with the host. */
export function validateHostUsers(spec: PodSpec, at: Path): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const paths = { hostNetwork: "hostNetwork", hostPID: "HostPID", hostIPC: "HostIPC" } as const;
  return (["hostNetwork", "hostPID", "hostIPC"] as const)
    .filter((field) => spec[field] === true)
    .map((field) => forbidden(at.child(paths[field]), "when `pod.Spec.HostUsers` is false"));
}
