/**
 * What a pod or template may say, but hardly means: sent back as warnings. Left out: deprecated node labels and annotations.
 * Upstream: pkg/api/pod/warnings.go
 */
import { Path } from "../../../machinery/field.ts";
import { goQuote } from "../../../machinery/goText.ts";
import type { Container, EnvVar, PodSpec } from "../../../schema/shapes/core.v1.ts";
import { amountOf } from "./resourceValidation.ts";

const nanosPerUnit = 1_000_000_000n;

export function podWarnings(spec: PodSpec, at: Path): string[] {
  const warnings: string[] = [];
  const grace = spec.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0) {
    const text = "must be >= 0; negative values are invalid and will be treated as 1";
    warnings.push(`${at.child("terminationGracePeriodSeconds").toString()}: ${text}`);
  }
  const emptySecrets = (spec.imagePullSecrets ?? []).flatMap(({ name }, i) => (name ? [] : [at.child("imagePullSecrets").index(i)]));
  warnings.push(...emptySecrets.map((here) => `${here.toString()}: invalid empty name ""`));
  for (const list of ["initContainers", "containers"] as const) {
    const containers = spec[list] ?? [];
    warnings.push(...containers.flatMap((container, i) => containerWarnings(container, at.child(list).index(i))));
  }
  return [...warnings, ...portWarnings(spec.containers, at.child("containers"))];
}

function containerWarnings(container: Container, at: Path): string[] {
  return [...hiddenVariables(container.env ?? [], at.child("env")), ...fractions(container, at.child("resources"))];
}

/** A variable that is defined twice counts once, unless the second is made of the first. */
function hiddenVariables(variables: readonly EnvVar[], at: Path): string[] {
  const seen = new Set<string>();
  return variables.flatMap(({ name, value = "" }, i) => {
    const hidden = seen.has(name) && !value.includes(`$(${name})`);
    seen.add(name);
    return hidden
      ? [`${at.index(i).toString()}: hides previous definition of ${goQuote(name)}, which may be dropped when using apply`]
      : [];
  });
}

/** `100m` of memory is a tenth of a byte: nearly always a slip of the pen. */
function fractions({ resources }: Container, at: Path): string[] {
  return (["limits", "requests"] as const).flatMap((part) =>
    ["memory", "ephemeral-storage"].flatMap((name) => {
      const amount = resources?.[part]?.[name];
      if (amount === undefined || amountOf(amount).nanos % nanosPerUnit === 0n) return [];
      return [`${at.child(part).key(name).toString()}: fractional byte value ${goQuote(amount)} is invalid, must be an integer`];
    }),
  );
}

/** The same port in two containers of one pod: only one can have it. */
function portWarnings(containers: readonly Container[], at: Path): string[] {
  const taken = new Map<string, Path>();
  return containers.flatMap((container, c) =>
    (container.ports ?? []).flatMap(({ protocol = "", hostIP = "", hostPort = 0, containerPort }, p) => {
      const here = at.index(c).child("ports").index(p);
      const key = `${protocol}/${hostIP}/${hostPort}/${containerPort}`;
      const other = taken.get(key);
      taken.set(key, other ?? here);
      return other === undefined ? [] : [`${here.toString()}: duplicate port definition with ${other.toString()}`];
    }),
  );
}

/** Where a pod's own spec is. */
export const specPath: Path = Path.root("spec");
/** Where a workload's template has its spec. */
export const templateSpecPath: Path = Path.root("spec").child("template", "spec");
