/** Paths as --sort-by and custom columns take them: with or without braces and the first dot. Upstream: kubectl/pkg/cmd/get/customcolumn.go */
import { KubectlError } from "../../errors.ts";

/** `{.metadata.name}` out of `metadata.name`, `.metadata.name` or `{metadata.name}`. */
export function relaxedPath(path: string): string {
  if (path === "") return path;
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(path);
  if (match === null) {
    throw new KubectlError("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'");
  }
  return `{.${match[1] ?? match[2] ?? ""}}`;
}
