/** --record: writes the command line into an annotation. Upstream: cli-runtime/pkg/genericclioptions/record_flags.go */
import type { Call } from "../command.ts";
import type { FlagTable } from "../flags.ts";
import type { Unstructured } from "../resources/unstructured.ts";

export const changeCauseAnnotation = "kubernetes.io/change-cause";

/** Gives the object with the annotation, or as it is without --record. */
export function recorder<F extends FlagTable>(call: Call<F>): (object: Unstructured) => Unstructured {
  if (call.flags["record"] !== true) return (object) => object;
  const words = call.path.split(" ").slice(1).concat(call.args);
  const flags = Object.keys(call.flags)
    .filter((name) => call.changed(name))
    .sort()
    .map((name) => `--${name}=${String(call.flags[name])}`);
  const cause = [call.session.host.programName, ...words, ...flags].join(" ");
  return (object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...object.metadata?.annotations, [changeCauseAnnotation]: cause },
    },
  });
}
