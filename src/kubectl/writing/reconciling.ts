/**
 * What an RBAC object that stands must become so that it grants what is expected: pure.
 * Upstream: component-helpers/auth/rbac/reconciliation/reconcile_role.go, reconcile_rolebindings.go
 */
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from "../../schema/shapes/rbac.v1.ts";
import { equalJson } from "../../machinery/patch/jsonValue.ts";
import { uncovered } from "./ruleCoverage.ts";

export type Operation = "create" | "update" | "recreate" | "none";

export interface Reconciled<T> {
  readonly object: T;
  readonly operation: Operation;
  /** The standing object has opted out. */
  readonly isProtected: boolean;
  readonly missingRules: readonly PolicyRule[];
  readonly extraRules: readonly PolicyRule[];
  readonly missingSubjects: readonly Subject[];
  readonly extraSubjects: readonly Subject[];
}

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

const nothing = { isProtected: false, missingRules: [], extraRules: [], missingSubjects: [], extraSubjects: [] } as const;

/** `removeExtra`: what isn't expected goes; else it stays beside what is. */
export function reconciledRole<T extends AnyRole>(existing: T | undefined, expected: T, removeExtra: boolean): Reconciled<T> {
  if (existing === undefined) return { ...nothing, object: expected, operation: "create", missingRules: expected.rules ?? [] };
  const object = withExpectedMetadata(existing, expected);
  const [wantedSelectors, standingSelectors] = [selectorsOf(expected), selectorsOf(existing)];
  const [wanted, standing] = [expected.rules ?? [], existing.rules ?? []];
  const bothAggregate = wantedSelectors !== undefined && standingSelectors !== undefined;
  const extraRules = bothAggregate ? [] : uncovered(wanted, standing);
  const missingRules = uncovered(standing, wanted);
  if (removeExtra && missingRules.length + extraRules.length > 0) object.rules = expected.rules;
  else if (missingRules.length > 0) object.rules = [...standing, ...missingRules];
  setSelectors(object, reconciledSelectors(standingSelectors, wantedSelectors, removeExtra));
  const operation = equalJson(object, existing) ? "none" : "update";
  return { ...nothing, object, operation, isProtected: optedOut(existing), missingRules, extraRules };
}

function setSelectors(role: ClusterRole, selectors: LabelSelector[] | undefined): void {
  if (selectors === undefined) delete role.aggregationRule;
  else role.aggregationRule = { clusterRoleSelectors: selectors };
}

function selectorsOf(role: AnyRole): readonly LabelSelector[] | undefined {
  const { aggregationRule } = role as ClusterRole;
  return aggregationRule === undefined || aggregationRule === null ? undefined : (aggregationRule.clusterRoleSelectors ?? []);
}

/** undefined: the role doesn't aggregate. */
function reconciledSelectors(
  standing: readonly LabelSelector[] | undefined,
  wanted: readonly LabelSelector[] | undefined,
  removeExtra: boolean,
): LabelSelector[] | undefined {
  if (wanted === undefined) return undefined;
  const missing = without(wanted, standing ?? []);
  const extra = without(standing ?? [], wanted);
  if (removeExtra && (missing.length > 0 || extra.length > 0)) return [...wanted];
  return missing.length > 0 ? [...(standing ?? []), ...missing] : standing === undefined ? undefined : [...standing];
}

function without(from: readonly LabelSelector[], these: readonly LabelSelector[]): LabelSelector[] {
  return from.filter((one) => !these.some((other) => equalJson(one, other)));
}

export function reconciledBinding<T extends AnyBinding>(existing: T | undefined, expected: T, removeExtra: boolean): Reconciled<T> {
  if (existing === undefined) return { ...nothing, object: expected, operation: "create", missingSubjects: expected.subjects ?? [] };
  const isProtected = optedOut(existing);
  if (!equalJson(expected.roleRef, existing.roleRef)) return { ...nothing, object: expected, operation: "recreate", isProtected };
  const object = withExpectedMetadata(existing, expected);
  const missingSubjects = unlisted(expected.subjects ?? [], existing.subjects ?? []);
  const extraSubjects = unlisted(existing.subjects ?? [], expected.subjects ?? []);
  if (removeExtra && (missingSubjects.length > 0 || extraSubjects.length > 0)) object.subjects = expected.subjects;
  else if (missingSubjects.length > 0) object.subjects = [...(object.subjects ?? []), ...missingSubjects];
  return { ...nothing, object, operation: equalJson(object, existing) ? "none" : "update", isProtected, missingSubjects, extraSubjects };
}

function unlisted(from: readonly Subject[], these: readonly Subject[]): Subject[] {
  const out: Subject[] = [];
  for (const subject of from) if (![...these, ...out].some((one) => sameSubject(one, subject))) out.push(subject);
  return out;
}

function sameSubject(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && (a.apiGroup ?? "") === (b.apiGroup ?? "") && a.name === b.name && (a.namespace ?? "") === (b.namespace ?? "");
}

/** A copy that has the expected labels and annotations too; of one name the standing value stays. */
function withExpectedMetadata<T extends AnyRole | AnyBinding>(existing: T, expected: T): T {
  const metadata = { ...existing.metadata };
  for (const field of ["annotations", "labels"] as const) {
    const united = { ...expected.metadata?.[field], ...metadata[field] };
    if (Object.keys(united).length > 0) metadata[field] = united;
  }
  return { ...existing, metadata };
}

function optedOut({ metadata }: AnyRole | AnyBinding): boolean {
  return metadata?.annotations?.["rbac.authorization.kubernetes.io/autoupdate"] === "false";
}
