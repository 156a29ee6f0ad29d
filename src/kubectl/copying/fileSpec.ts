/** `[[namespace/]pod:]path` of cp, and which paths of an archive may be written. Upstream: kubectl/pkg/cmd/cp/{cp,filespec}.go */
import { KubectlError } from "../errors.ts";
import { relative } from "./goPaths.ts";

export interface FileSpec {
  /** Empty: this machine. */
  readonly pod: string;
  readonly namespace: string;
  readonly path: string;
}

export function parseFileSpec(text: string): FileSpec {
  const wrong = new KubectlError("filespec must match the canonical format: [[namespace/]pod:]file/path");
  const colon = text.indexOf(":");
  if (colon === 0) throw wrong;
  if (colon < 0) return { pod: "", namespace: "", path: withoutTrailingSlash(text) };
  const path = remotePath(text.slice(colon + 1));
  const pieces = text.slice(0, colon).split("/");
  const [first = "", second = ""] = pieces;
  if (pieces.length > 2) throw wrong;
  return pieces.length === 1 ? { pod: first, namespace: "", path } : { pod: second, namespace: first, path };
}

/** In a container paths have slashes only. */
export function remotePath(path: string): string {
  return withoutTrailingSlash(path).replaceAll("\\", "/");
}

export function withoutTrailingSlash(path: string): string {
  return path !== "/" && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** As tar strips what leads out of where it unpacks. */
export function withoutShortcuts(path: string): string {
  const rest = path.replace(/^(\.\.\/)+/, "");
  if (rest === "." || rest === "..") return "";
  return rest.startsWith("/") ? rest.slice(1) : rest;
}

/** Whether `target` is `base` or below it. */
export function isInside(base: string, target: string): boolean {
  const way = relative(base, target);
  return way !== undefined && (way === "." || way === withoutShortcuts(way));
}
