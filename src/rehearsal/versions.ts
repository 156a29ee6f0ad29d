/** Which version a pod is, by image tag or label; and how a person names where versions are read from. Pure. */
import type { Pod } from "../schema/shapes/core.v1.ts";
import type { VersionSource } from "./ports/load.ts";

/** `image`, `label:NAME`, `header:NAME` or `json:.PATH`. Undefined for anything else. */
export function parseVersionSource(text: string): VersionSource | undefined {
  const [, kind = "", rest = ""] = /^(image|label|header|json)(?::(.+))?$/.exec(text) ?? [];
  if (kind === "image" && rest === "") return { from: "image" };
  if (rest === "") return undefined;
  if (kind === "label") return { from: "label", name: rest };
  if (kind === "header") return { from: "header", name: rest.toLowerCase() };
  return kind === "json" ? { from: "json", path: rest.replace(/^\./, "").split(".") } : undefined;
}

/** What a pod says of itself; the image's tag unless a label is asked for. */
export function podVersion(pod: Pod, source: VersionSource = { from: "image" }): string {
  if (source.from === "label") return pod.metadata.labels?.[source.name] ?? "";
  return imageVersion(pod.spec.containers[0]?.image ?? "");
}

/** `hello:2.0.0` is 2.0.0; a digest is its first twelve digits; no tag is `latest`. */
export function imageVersion(image: string): string {
  const digest = /@sha256:([0-9a-f]{12})/.exec(image)?.[1];
  if (digest !== undefined) return digest;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag ?? "latest";
}
