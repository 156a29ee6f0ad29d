/** The tag that an image's name asks for, which decides how it is pulled by default. Upstream: pkg/util/parsers/parsers.go */

const referenceForm =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?\/|\[[0-9a-fA-F:]+\](?::[0-9]+)?\/)?[a-z0-9._/-]+(?::([\w][\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

/** `latest` where neither a tag nor a digest is given; empty for a digest alone and for what is no image name. */
function tagOf(image: string): string {
  const match = referenceForm.exec(image);
  if (match === null) return "";
  const [, tag, digest] = match;
  return tag ?? (digest === undefined ? "latest" : "");
}

/** A moving tag is pulled anew each time. */
export function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  return tagOf(image ?? "") === "latest" ? "Always" : "IfNotPresent";
}
