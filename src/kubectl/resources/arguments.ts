/** Resource arguments taken apart: `TYPE`, `TYPE NAME...`, `TYPE/NAME...`, comma lists. Upstream: cli-runtime/pkg/resource/builder.go */
import { KubectlError } from "../errors.ts";

export interface ResourceTuple {
  readonly resource: string;
  readonly name: string;
}

export type ResourceArguments =
  | { readonly form: "tuples"; readonly tuples: readonly ResourceTuple[] }
  | { readonly form: "types"; readonly types: string; readonly names: readonly string[] };

/** `programName`: as the user called us, for the hint. Throws KubectlError. */
export function parseResourceArguments(args: readonly string[], programName: string): ResourceArguments {
  const words = spreadTypes(args);
  const slashes = words.filter((word) => word.includes("/")).length;
  if (slashes > 0 && slashes !== words.length) {
    throw new KubectlError(
      `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. '${programName} get resource/<resource_name>' instead of '${programName} get resource resource/<resource_name>'`,
    );
  }
  if (slashes > 0) return { form: "tuples", tuples: words.map((word) => parseTuple(word)) };
  const [types = "", ...names] = words;
  return { form: "types", types, names };
}

/** `a,b x y` as `a/x a/y b/x b/y`. */
function spreadTypes(args: readonly string[]): readonly string[] {
  const [types = "", ...names] = args;
  const each = splitTypes(types);
  if (names.length === 0 || each.length < 2) return args;
  return each.flatMap((type) => names.map((name) => `${type}/${name}`));
}

export function parseTuple(word: string): ResourceTuple {
  const parts = word.split("/");
  if (parts.length !== 2) throw new KubectlError("arguments in resource/name form may not have more than one slash");
  const [resource = "", name = ""] = parts;
  if (resource === "" || name === "" || splitTypes(resource).length !== 1) {
    throw new KubectlError("arguments in resource/name form must have a single resource and name");
  }
  return { resource, name };
}

/** Without repeats. */
export function splitTypes(types: string): string[] {
  return [...new Set(types.split(","))];
}
