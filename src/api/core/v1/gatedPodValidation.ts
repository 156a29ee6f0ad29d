/** What may still change about a pod's node while it is held back from scheduling. Upstream: pkg/apis/core/validation/validation.go (validateNodeAffinityMutation) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid } from "../../../machinery/fieldErrors.ts";
import type { NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from "../../../schema/shapes/core.v1.ts";
import { semanticEqual } from "../../equal.ts";

const requiredNow = "requiredDuringSchedulingIgnoredDuringExecution";

/** Requirements may be added. Puts the former node selector and node affinity into `masked`, so that the rest can be compared. */
export function validateNodeChange(masked: PodSpec, previous: PodSpec, at: Path): FieldError[] {
  const errors = validateSelectorChange(masked.nodeSelector ?? {}, previous.nodeSelector ?? {}, at.child("nodeSelector"));
  masked.nodeSelector = previous.nodeSelector;
  const next = masked.affinity?.nodeAffinity;
  const former = previous.affinity?.nodeAffinity;
  if (semanticEqual(next, former)) return errors;
  masked.affinity = { ...masked.affinity, nodeAffinity: former };
  return [...errors, ...validateAffinityChange(next, former, at.child("affinity", "nodeAffinity", requiredNow, "nodeSelectorTerms"))];
}

type Labels = Readonly<Record<string, string>>;

function validateSelectorChange(next: Labels, previous: Labels, at: Path): FieldError[] {
  const kept = Object.entries(previous).every(([key, value]) => next[key] === value);
  return kept ? [] : [invalid(at, next, "only additions to spec.nodeSelector are allowed (no mutations or deletions)")];
}

function validateAffinityChange(next: NodeAffinity | undefined, previous: NodeAffinity | undefined, at: Path): FieldError[] {
  const former = previous?.[requiredNow]?.nodeSelectorTerms ?? [];
  const terms = next?.[requiredNow]?.nodeSelectorTerms ?? [];
  if (former.length === 0) return [];
  if (former.length !== terms.length) {
    return [invalid(at, terms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")];
  }
  return former.flatMap((term, i) => {
    const now = terms[i];
    if (now !== undefined && onlyAdds(now, term)) return [];
    return [invalid(at.index(i), now, "only additions are allowed (no mutations or deletions)")];
  });
}

function onlyAdds(next: NodeSelectorTerm, previous: NodeSelectorTerm): boolean {
  const empty = count(previous.matchExpressions) + count(previous.matchFields) === 0;
  if (empty) return count(next.matchExpressions) + count(next.matchFields) === 0;
  return startsWith(next.matchExpressions, previous.matchExpressions) && startsWith(next.matchFields, previous.matchFields);
}

type Requirements = readonly NodeSelectorRequirement[] | undefined;

function count(requirements: Requirements): number {
  return requirements?.length ?? 0;
}

function startsWith(next: Requirements, previous: Requirements): boolean {
  return semanticEqual((next ?? []).slice(0, count(previous)), previous);
}
