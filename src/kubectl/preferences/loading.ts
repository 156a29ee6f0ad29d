/** The preferences of whoever runs this, and what is said where they can't be read. Upstream: kubectl/pkg/kuberc/kuberc.go (DefaultGetPreferences) */
import { KubectlError, textOf } from "../errors.ts";
import { FileError, type KubectlHost } from "../host.ts";
import { checkPreferences } from "./checking.ts";
import { decodePreferences } from "./decoding.ts";
import type { Preferences } from "./model.ts";
import type { KubercPlace } from "./place.ts";

type Place = Pick<KubectlHost, "files" | "err">;

/** undefined where there are none. Throws KubectlError. */
export async function loadPreferences(place: KubercPlace, host: Place): Promise<Preferences | undefined> {
  const preferences = await readPreferences(place, host);
  if (preferences !== undefined) checkPreferences(preferences);
  return preferences;
}

async function readPreferences({ path, explicit }: KubercPlace, { files, err }: Place): Promise<Preferences | undefined> {
  try {
    const decoded = decodePreferences(new TextDecoder().decode(await files.read(path)), path);
    if (decoded?.problem !== undefined) err.write(`kuberc: ignoring strict decoding error in ${path}: ${decoded.problem}`);
    return decoded?.preferences;
  } catch (error) {
    if (explicit) throw new KubectlError(`kuberc error kuberc: ${textOf(error)}`);
    const isMissing = error instanceof FileError && error.code === "notFound";
    if (!isMissing) err.write(`kuberc: no preferences loaded from ${path}: ${textOf(error)}`);
    return undefined;
  }
}
