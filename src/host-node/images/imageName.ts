/**
 * Image names as people write them (`nginx`, `nginx:1.9.14`, `quay.io/team/app@sha256:...`) in one canonical form.
 * Upstream: github.com/distribution/reference/normalize.go
 */
import { ImageError } from "../../kubelet/ports/runtime.ts";

const domain = /^(?:localhost|[a-zA-Z0-9][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9][a-zA-Z0-9-]*)+|[a-zA-Z0-9][a-zA-Z0-9-]*(?=:\d))(?::\d+)?$/;
const repository = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const digestForm = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** `docker.io/library/nginx:latest` for `nginx`. Throws ImageError InvalidImageName. */
export function canonicalImageName(text: string): string {
  const at = text.indexOf("@");
  const digest = at < 0 ? "" : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const slash = named.indexOf("/");
  const head = slash < 0 ? "" : named.slice(0, slash);
  const hasDomain = domain.test(head);
  const rest = hasDomain ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? "" : rest.slice(colon + 1);
  if (!repository.test(path) || (colon >= 0 && !tagForm.test(tag)) || (at >= 0 && !digestForm.test(digest))) throw invalid(text);
  const host = hasDomain ? (head === "index.docker.io" ? "docker.io" : head) : "docker.io";
  const full = host === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  const suffix = digest === "" ? `:${tag === "" ? "latest" : tag}` : `${tag === "" ? "" : `:${tag}`}@${digest}`;
  return `${host}/${full}${suffix}`;
}

function invalid(text: string): ImageError {
  return new ImageError(
    "InvalidImageName",
    `Failed to apply default image tag "${text}": couldn't parse image name "${text}": invalid reference format`,
  );
}
