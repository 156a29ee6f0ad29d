/**
 * Checks of a pod's volumes. Left out: the particulars of storage that needs drivers of its own (rbd, cephfs, iscsi and their like);
 * what they can't do without is a table in diskSources.ts.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateVolumes)
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { DownwardAPIVolumeSource, GitRepoVolumeSource, HostPathVolumeSource, Volume } from "../../../schema/shapes/core.v1.ts";
import { dnsLabel, problemsAt, uniqueNames } from "../../fieldChecks.ts";
import { validateDiskSource } from "./diskSources.ts";
import { fileMode, noBacksteps, validateDescendingPath } from "./pathValidation.ts";
import { validateClaimTemplate } from "./persistentVolumeClaimValidation.ts";
import { validateProjected } from "./projectedVolumeValidation.ts";
import { amountOf } from "./resourceValidation.ts";
import { validateDownwardFile, validateKeyToPath } from "./volumeFiles.ts";

/** Those that containers may mount: the sound ones. */
export interface CheckedVolumes {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly errors: FieldError[];
}

/** `podName`: only where the spec is a pod's own, and its name is known. */
export function validateVolumes(all: readonly Volume[], podName: string | undefined, at: Path): CheckedVolumes {
  const volumes = new Map<string, Volume>();
  const unique = uniqueNames();
  const created = new Set(all.filter((volume) => volume.ephemeral !== undefined).map((volume) => `${podName}-${volume.name}`));
  const errors = all.flatMap((volume, i) => {
    const nameAt = at.index(i).child("name");
    const found = [
      ...validateSource(volume, podName, at.index(i)),
      ...(volume.name === "" ? [required(nameAt)] : dnsLabel(volume.name, nameAt)),
      ...unique(volume.name, nameAt),
    ];
    if (found.length === 0) volumes.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim === undefined || podName === undefined || !created.has(claim)) return found;
    const text = "must not reference a PVC that gets created for an ephemeral volume";
    return [...found, invalid(at.index(i).child("persistentVolumeClaim", "claimName"), claim, text)];
  });
  return { volumes, errors };
}

function validateSource(volume: Volume, podName: string | undefined, at: Path): FieldError[] {
  const kinds = Object.entries(volume).flatMap(([kind, source]) => (kind === "name" || source === undefined ? [] : [kind]));
  if (kinds.length === 0) return [required(at, "must specify a volume type")];
  const extra = kinds.slice(1).map((kind) => forbidden(at.child(kind), "may not specify more than 1 volume type"));
  return [...validateFirst(volume, kinds[0] ?? "", podName, at), ...extra];
}

function validateFirst(volume: Volume, kind: string, podName: string | undefined, at: Path): FieldError[] {
  const here = at.child(kind);
  const { hostPath, downwardAPI, projected, gitRepo } = volume;
  if (kind === "emptyDir") return validateSizeLimit(volume.emptyDir?.sizeLimit, here);
  if (kind === "secret" || kind === "configMap") return validateKeys(volume, kind, here);
  if (kind === "ephemeral") return validateEphemeral(volume, podName, at);
  if (kind === "image") return validateImage(volume, here);
  if (kind === "hostPath" && hostPath !== undefined) return validateHostPath(hostPath, here);
  if (kind === "downwardAPI" && downwardAPI !== undefined) return validateDownward(downwardAPI, here);
  if (kind === "projected" && projected !== undefined) return validateProjected(projected, here);
  if (kind === "gitRepo" && gitRepo !== undefined) return validateGitRepo(gitRepo, here);
  return validateDiskSource(volume, kind, at);
}

/** Upstream gives every file the path of the volume. */
function validateDownward({ defaultMode, items = [] }: DownwardAPIVolumeSource, at: Path): FieldError[] {
  return [...fileMode(defaultMode, at.child("defaultMode")), ...items.flatMap((file) => validateDownwardFile(file, at))];
}

function validateGitRepo({ repository, directory = "" }: GitRepoVolumeSource, at: Path): FieldError[] {
  const errors = repository === "" ? [required(at.child("repository"))] : [];
  return [...errors, ...validateDescendingPath(directory, at.child("directory"))];
}

function validateSizeLimit(sizeLimit: string | undefined, at: Path): FieldError[] {
  if (sizeLimit === undefined || amountOf(sizeLimit).nanos >= 0n) return [];
  return [forbidden(at.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")];
}

const hostPathTypes: readonly string[] = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

export function validateHostPath({ path, type }: HostPathVolumeSource, at: Path): FieldError[] {
  if (path === "") return [required(at.child("path"))];
  const errors = noBacksteps(path, at.child("path"));
  if (type === undefined || hostPathTypes.includes(type)) return errors;
  return [...errors, notSupported(at.child("type"), type, hostPathTypes)];
}

function validateKeys(volume: Volume, kind: "secret" | "configMap", at: Path): FieldError[] {
  const name = kind === "secret" ? volume.secret?.secretName : volume.configMap?.name;
  const errors = name ? [] : [required(at.child(kind === "secret" ? "secretName" : "name"))];
  errors.push(...fileMode(volume[kind]?.defaultMode, at.child("defaultMode")));
  const items = volume[kind]?.items ?? [];
  return [...errors, ...items.flatMap((item, i) => validateKeyToPath(item, at.child("items").index(i)))];
}

function validateEphemeral({ name, ephemeral }: Volume, podName: string | undefined, at: Path): FieldError[] {
  const here = at.child("ephemeral", "volumeClaimTemplate");
  const template = ephemeral?.volumeClaimTemplate;
  const errors = template === undefined ? [required(here)] : validateClaimTemplate(template, here);
  if (podName === undefined || name === "") return errors;
  const claim = `${podName}-${name}`;
  const problems = dnsSubdomainProblems(claim).map((problem) => `PVC name "${claim}": ${problem}`);
  return [...errors, ...problemsAt(at.child("name"), name, problems)];
}

const pullPolicies: readonly string[] = ["Always", "IfNotPresent", "Never"];

function validateImage({ image }: Volume, at: Path): FieldError[] {
  const policy = image?.pullPolicy;
  const bad = policy !== undefined && !pullPolicies.includes(policy);
  return bad ? [notSupported(at.child("pullPolicy"), policy, pullPolicies)] : [];
}
