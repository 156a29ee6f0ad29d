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
  const { host, path, tag, digest } = parts(text);
  const full = host === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  const suffix = digest === undefined ? `:${tag ?? "latest"}` : `${tag === undefined ? "" : `:${tag}`}@${digest}`;
  return `${host}/${full}${suffix}`;
}

interface NameParts {
  readonly host: string;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

function parts(text: string): NameParts {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const slash = named.indexOf("/");
  const head = slash < 0 ? "" : named.slice(0, slash);
  const hasDomain = domain.test(head);
  const [path = "", tag, ...more] = (hasDomain ? named.slice(slash + 1) : named).split(":");
  const good = repository.test(path) && matches(tagForm, tag) && matches(digestForm, digest) && more.length === 0;
  if (!good) throw invalid(text);
  const host = head === "index.docker.io" ? "docker.io" : head;
  return { host: hasDomain ? host : "docker.io", path, tag, digest };
}

function matches(form: RegExp, text: string | undefined): boolean {
  return text === undefined || form.test(text);
}

function invalid(text: string): ImageError {
  return new ImageError(
    "InvalidImageName",
    `Failed to apply default image tag "${text}": couldn't parse image name "${text}": invalid reference format`,
  );
}
