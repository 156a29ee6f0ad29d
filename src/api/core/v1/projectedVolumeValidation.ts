/** Checks of projected volumes: several sources in one directory. Upstream: pkg/apis/core/validation/validation.go (validateProjectionSources) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import type { ClusterTrustBundleProjection, ProjectedVolumeSource, VolumeProjection } from "../../../schema/shapes/core.v1.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";
import { fileMode, validateLocalPath } from "./pathValidation.ts";
import { validateDownwardFile, validateKeyToPath } from "./volumeFiles.ts";

const minTokenSeconds = 10 * 60;
const maxTokenSeconds = 2 ** 32;

export function validateProjected(projected: ProjectedVolumeSource, at: Path): FieldError[] {
  const paths = new Set<string>();
  return [
    ...fileMode(projected.defaultMode, at.child("defaultMode")),
    ...projected.sources.flatMap((source, i) => {
      const here = at.child("sources").index(i);
      const several = Object.values(source).filter((part) => part !== undefined).length > 1;
      return [
        ...validateParts(source, paths, { at, here }),
        ...(several ? [forbidden(here, "may not specify more than 1 volume type")] : []),
      ];
    }),
  ];
}

interface Place {
  /** The volume's. */
  readonly at: Path;
  /** The source's. */
  readonly here: Path;
}

function validateParts(source: VolumeProjection, paths: Set<string>, place: Place): FieldError[] {
  const { at, here } = place;
  const errors: FieldError[] = [];
  for (const kind of ["secret", "configMap"] as const) errors.push(...validateKeys(source, kind, paths, place));
  for (const file of source.downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(file, here.child("downwardAPI")), ...takePath(file.path, file.path, paths, at));
  }
  errors.push(...validateToken(source, place));
  const bundle = source.clusterTrustBundle;
  if (bundle === undefined) return errors;
  return [...errors, ...validateBundle(bundle, here.child("clusterTrustBundlePEM")), ...takePath(bundle.path, bundle.path, paths, at)];
}

function validateKeys(source: VolumeProjection, kind: "secret" | "configMap", paths: Set<string>, { at, here }: Place): FieldError[] {
  const part = source[kind];
  if (part === undefined) return [];
  const errors = part.name ? [] : [required(here.child(kind, "name"))];
  for (const [i, item] of (part.items ?? []).entries()) {
    errors.push(...validateKeyToPath(item, here.child(kind, "items").index(i)), ...takePath(item.path, part.name ?? "", paths, at));
  }
  return errors;
}

/** No two sources may write the same file. */
function takePath(path: string, value: string, taken: Set<string>, at: Path): FieldError[] {
  if (path === "") return [];
  if (taken.has(path)) return [invalid(at, value, "conflicting duplicate paths")];
  taken.add(path);
  return [];
}

function validateToken({ serviceAccountToken: token }: VolumeProjection, { at, here }: Place): FieldError[] {
  if (token === undefined) return [];
  const secondsAt = here.child("serviceAccountToken", "expirationSeconds");
  const seconds = token.expirationSeconds ?? 0;
  const errors: FieldError[] = [];
  if (seconds < minTokenSeconds) errors.push(invalid(secondsAt, seconds, "may not specify a duration less than 10 minutes"));
  if (seconds > maxTokenSeconds) errors.push(invalid(secondsAt, seconds, "may not specify a duration larger than 2^32 seconds"));
  if (token.path === "") return [...errors, required(at.child("path"))];
  return [...errors, ...validateLocalPath(token.path, at.child("path"))];
}

function validateBundle(bundle: ClusterTrustBundleProjection, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) errors.push(invalid(at, bundle, "only one of name and signerName may be used"));
  else if (name !== undefined) {
    if (name === "") errors.push(required(at.child("name"), "must be a valid object name"));
    if (labelSelector !== undefined) {
      errors.push(invalid(at.child("labelSelector"), labelSelector, "labelSelector must be unset if name is specified"));
    }
  } else if (signerName !== undefined) {
    if (signerName === "") errors.push(required(at.child("signerName"), "must be a valid signer name"));
    errors.push(...validateLabelSelector(labelSelector, at.child("labelSelector")));
  } else errors.push(required(at, "either name or signerName must be specified"));
  if (bundle.path === "") errors.push(required(at.child("path")));
  return [...errors, ...validateLocalPath(bundle.path, at.child("path"))];
}
