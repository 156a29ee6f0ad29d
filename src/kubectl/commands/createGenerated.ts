/** What all generators of `create` have in common: the flags, dry runs, --save-config, the request, the result. */
import type { Call } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import type { Flag, FlagTable } from "../flags.ts";
import { Requests } from "../resources/requests.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { groupVersionOf } from "../resources/selection.ts";
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  fieldValidationOf,
  nameArgument,
  printFlags,
  saveConfigFlag,
  validateFlag,
} from "../writing/flags.ts";
import { remembered } from "../writing/lastApplied.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { typed } from "../writing/typed.ts";

type Shared = typeof printFlags &
  typeof saveConfigFlag &
  typeof validateFlag &
  typeof dryRunFlag & { readonly "field-manager": Flag<string> };

export const generatorFlags: Shared = {
  ...printFlags,
  ...saveConfigFlag,
  ...validateFlag,
  ...dryRunFlag,
  ...fieldManagerFlag("kubectl-create"),
};

export interface Generator {
  /** Makes the object; without its namespace. */
  make(name: string): Promise<Unstructured> | Unstructured;
  /** Put before the reason when the server refuses; undefined: the server's own words stand alone. */
  readonly failure?: string;
  readonly clusterScoped?: boolean;
}

export async function createGenerated<F extends FlagTable & Shared>(call: Call<F>, generator: Generator): Promise<void> {
  const { session } = call;
  const flags = call.flags as unknown as { readonly [K in keyof Shared]: Shared[K] extends Flag<infer V> ? V : never };
  const name = nameArgument(call);
  const dryRun = dryRunOf(flags);
  await session.config();
  const namespace = await session.namespace();
  const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
  const fieldValidation = fieldValidationOf(flags);
  const made = await generator.make(name);
  if (generator.clusterScoped !== true && namespace.explicit)
    made.metadata = { ...made.metadata, name: made.metadata?.name ?? "", namespace: namespace.name };
  const object = remembered(typed(made), flags["save-config"], "typed");
  if (dryRun === "client") {
    print(object, "created");
    return;
  }
  const place = generator.clusterScoped === true ? "" : namespace.name;
  const [group, version] = groupVersionOf(object.apiVersion ?? "");
  const mapping = { group, version, kind: object.kind ?? "", plural: guessedPlural(object.kind ?? ""), namespaced: place !== "" };
  const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"], fieldValidation };
  try {
    print(await new Requests(await session.api()).create(mapping, place, object, options), "created");
  } catch (error) {
    throw generator.failure === undefined ? error : new KubectlError(`${generator.failure} ${textOf(error)}`);
  }
}

/** The resource of a kind, as long as English is regular: no server is asked for what every one has. */
function guessedPlural(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular.endsWith("s")) return `${singular}es`;
  return singular.endsWith("y") ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
