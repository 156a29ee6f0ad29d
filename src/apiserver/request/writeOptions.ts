/**
 * The options of create, update, patch and delete, checked as upstream checks them.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go
 */
import type { FieldError } from "../../machinery/field.ts";
import { forbidden, invalid, notSupported, tooLong } from "../../machinery/fieldErrors.ts";
import { invalidObject } from "../../machinery/status.ts";
import type { DeleteOptions } from "../../schema/shapes/meta.v1.ts";
import type { Query } from "./query.ts";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Only for apply. */
  readonly force: boolean | undefined;
}

const maxFieldManagerBytes = 128;
const plain: WriteOptions = { dryRun: false, fieldManager: "", fieldValidation: "Warn", force: undefined };

export function writeOptionsOf(
  query: Query,
  optionsKind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
  applying = false,
): WriteOptions {
  if (query.empty) return plain;
  const fieldManager = query.text("fieldManager") ?? "";
  const dryRun = query.all("dryRun");
  const force = query.flag("force");
  const fieldValidation = query.text("fieldValidation") ?? "";
  const problems: FieldError[] = [];
  if (force !== undefined && optionsKind === "PatchOptions" && !applying) {
    problems.push(forbidden("force", "may not be specified for non-apply patch"));
  }
  problems.push(...fieldManagerProblems(fieldManager), ...dryRunProblems(dryRun));
  const directive = directiveOf(fieldValidation);
  if (directive === undefined) problems.push(notSupported("fieldValidation", fieldValidation, ["", "Ignore", "Strict", "Warn"]));
  if (problems.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: optionsKind }, "", problems);
  return { dryRun: dryRun.length > 0, fieldManager, fieldValidation: directive ?? "Warn", force };
}

function directiveOf(text: string): FieldValidation | undefined {
  if (text === "") return "Warn";
  return text === "Ignore" || text === "Warn" || text === "Strict" ? text : undefined;
}

function fieldManagerProblems(manager: string): FieldError[] {
  if (manager === "") return [];
  const problems: FieldError[] = [];
  if (manager.length > maxFieldManagerBytes) problems.push(tooLong("fieldManager", manager, maxFieldManagerBytes));
  const bad = /\p{C}/u.exec(manager);
  if (bad !== null) {
    const code = bad[0].codePointAt(0) ?? 0;
    const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    problems.push(invalid("fieldManager", manager, `invalid character ${name} (at position ${bad.index})`));
  }
  return problems;
}

function dryRunProblems(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((value) => value === "All") ? [] : [notSupported("dryRun", dryRun, ["All"])];
}

/** The query's form of DeleteOptions; used when there is no body. */
export function deleteOptionsOf(query: Query): DeleteOptions {
  if (query.empty) return {};
  const dryRun = query.all("dryRun");
  return {
    gracePeriodSeconds: query.integer("gracePeriodSeconds"),
    orphanDependents: query.flag("orphanDependents"),
    propagationPolicy: query.text("propagationPolicy"),
    dryRun: dryRun.length === 0 ? undefined : [...dryRun],
  };
}

/** Throws 422. */
export function checkDeleteOptions(options: DeleteOptions): void {
  const { orphanDependents, propagationPolicy: policy } = options;
  const problems: FieldError[] = [];
  if (orphanDependents !== undefined && policy !== undefined) {
    problems.push(invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"));
  }
  if (policy !== undefined && policy !== "Foreground" && policy !== "Background" && policy !== "Orphan") {
    problems.push(notSupported("propagationPolicy", policy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  problems.push(...dryRunProblems(options.dryRun ?? []));
  if (problems.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", problems);
}
