/** Names of images. Upstream: pkg/util/parsers/parsers.go, pkg/apis/core/v1/defaults.go */

const form =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[a-fA-F0-9]{32,})?$/;

/** The name with `:latest` where it has neither tag nor digest; undefined for what is no name of an image. */
export function withDefaultTag(image: string): string | undefined {
  if (!form.test(image)) return undefined;
  return hasTagOrDigest(image) ? image : `${image}:latest`;
}

function hasTagOrDigest(image: string): boolean {
  return image.includes("@") || image.slice(image.lastIndexOf("/") + 1).includes(":");
}

/** What holds where the pod sets no imagePullPolicy. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  return image.endsWith(":latest") || !hasTagOrDigest(image) ? "Always" : "IfNotPresent";
}
