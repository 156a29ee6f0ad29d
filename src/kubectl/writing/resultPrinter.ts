/**
 * What a verb that writes prints of each object: `deployment.apps/web created`, or the object in the format asked for.
 * Upstream: cli-runtime/pkg/genericclioptions/print_flags.go, cli-runtime/pkg/printers/name.go
 */
import type { Session } from "../session.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { nameText } from "../printers/name.ts";
import { type FormatFlags, objectPrinter } from "../printers/objectPrinter.ts";
import type { DryRun } from "./flags.ts";
import { typed } from "./typed.ts";

/** `operation`: what was done, e.g. `created`. */
export type ResultPrinter = (object: Unstructured, operation: string) => void;

const endings: Readonly<Record<DryRun, string>> = { none: "", client: " (dry run)", server: " (server dry run)" };

/**
 * Throws at once for a format that doesn't exist. `form`: typed objects print their fields in Go's order, others in the alphabet's.
 */
export async function resultPrinter(
  session: Session,
  flags: FormatFlags,
  { dryRun = "none", form = "unstructured" }: { readonly dryRun?: DryRun; readonly form?: "typed" | "unstructured" } = {},
): Promise<ResultPrinter> {
  const printer = await objectPrinter(session, flags);
  if (printer !== undefined) return (object) => printer(form === "typed" ? typed(object) : object, form === "typed");
  const short = flags.output === "name";
  return (object, operation) => session.out(nameText(object, short || operation === "" ? "" : `${operation}${endings[dryRun]}`));
}
