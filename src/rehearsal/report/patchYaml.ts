/** A patch as a person would write it into the manifest. */
import { stringify } from "yaml";

export function patchYaml(patch: object): string {
  return stringify(patch, { lineWidth: 0 });
}
