/** A canonical image name taken apart. */
export interface Reference {
  /** E.g. `docker.io`, `localhost:5000`. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Takes what canonicalImageName gives. */
export function referenceOf(canonicalName: string): Reference {
  const [named = "", digest] = canonicalName.split("@");
  const slash = named.indexOf("/");
  const colon = named.indexOf(":", slash);
  const repository = named.slice(slash + 1, colon < 0 ? undefined : colon);
  return { host: named.slice(0, slash), repository, tag: colon < 0 ? undefined : named.slice(colon + 1), digest };
}
