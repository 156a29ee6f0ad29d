/** Small questions about -f and -k that several verbs ask. Upstream: cli-runtime/pkg/resource/builder.go (RequireFilenameOrKustomize) */
import { KubectlError } from "../errors.ts";

interface Files {
  readonly filename: readonly string[];
  readonly kustomize: string;
}

export function hasFiles({ filename, kustomize }: Files): boolean {
  return filename.length > 0 || kustomize !== "";
}

export function requireFiles(flags: Files): void {
  if (!hasFiles(flags)) throw new KubectlError("must specify one of -f and -k");
}
