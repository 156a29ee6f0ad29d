/**
 * The options of list, watch and deletecollection, read from the query and checked as upstream checks them.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go
 */
import type { FieldError } from "../../machinery/field.ts";
import { forbidden, notSupported } from "../../machinery/fieldErrors.ts";
import { parseFieldSelector } from "../../machinery/fieldSelectors.ts";
import type { FieldSelector } from "../../machinery/fieldSelectors.ts";
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import { everything, parseLabelSelector } from "../../machinery/selectors.ts";
import type { Selector } from "../../machinery/selectors.ts";
import { badRequest, invalidObject } from "../../machinery/status.ts";
import type { Interest } from "../storage/audience.ts";
import type { Query } from "./query.ts";

export interface ListOptions {
  readonly labels: Selector;
  readonly fields: FieldSelector;
  readonly limit: number;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

const noFields: FieldSelector = parseFieldSelector("");
const metaOptions = { group: "meta.k8s.io", kind: "ListOptions" };

/** Throws 400 for what can't be read and 422 for what doesn't go together. */
export function listOptionsOf(query: Query, kind: Kind, watching: boolean): ListOptions {
  const options: ListOptions = {
    labels: selector(query.text("labelSelector"), parseLabelSelector, everything),
    fields: selector(query.text("fieldSelector"), parseFieldSelector, noFields),
    limit: Math.max(0, query.integer("limit") ?? 0),
    continueToken: query.text("continue") ?? "",
    resourceVersion: query.text("resourceVersion") ?? "",
    resourceVersionMatch: query.text("resourceVersionMatch") ?? "",
    allowWatchBookmarks: query.flag("allowWatchBookmarks") ?? false,
    sendInitialEvents: query.flag("sendInitialEvents"),
    timeoutSeconds: query.integer("timeoutSeconds"),
  };
  const problems = watching ? watchProblems(options) : listProblems(options);
  if (problems.length > 0) throw invalidObject(metaOptions, "", problems);
  for (const term of options.fields.terms) {
    if (readerOf(kind, term.field) === undefined) throw badRequest(`field label not supported: ${term.field}`);
  }
  return options;
}

function selector<T>(text: string | undefined, parse: (text: string) => T, none: T): T {
  if (text === undefined || text === "") return none;
  try {
    return parse(text);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

function listProblems(options: ListOptions): FieldError[] {
  const problems: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (match !== "") {
    if (options.resourceVersion === "") {
      problems.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if (options.continueToken !== "") {
      problems.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    }
    if (match !== "Exact" && match !== "NotOlderThan") {
      problems.push(notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && options.resourceVersion === "0") {
      problems.push(forbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (options.sendInitialEvents !== undefined) {
    problems.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return problems;
}

function watchProblems(options: ListOptions): FieldError[] {
  const problems: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (options.sendInitialEvents !== undefined && match !== "NotOlderThan") {
    problems.push(forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (match === "") return problems;
  if (options.sendInitialEvents === undefined) {
    problems.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  }
  if (match !== "NotOlderThan") problems.push(notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
  if (options.continueToken !== "") {
    problems.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
  }
  return problems;
}

/** A resourceVersion as a number; 400 when it is none. */
export function revisionOf(text: string): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw badRequest(
    `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

function readerOf(kind: Kind, field: string): ((object: KubeObject) => string) | undefined {
  if (field === "metadata.name") return (object) => object.metadata.name;
  if (field === "metadata.namespace" && kind.namespaced) return (object) => object.metadata.namespace ?? "";
  return kind.selectableFields?.[field];
}

/** The one value of one field that the selector wants, if it does. */
export function interestOf(options: ListOptions, kind: Kind): Interest | undefined {
  const term = options.fields.terms.find(({ operator, value }) => operator === "=" && value !== "");
  const read = term === undefined ? undefined : readerOf(kind, term.field);
  return term === undefined || read === undefined ? undefined : { field: term.field, value: term.value, read };
}

/** Whether an object is selected; undefined when everything is, so that callers needn't decode. */
export function matcherOf(options: ListOptions, kind: Kind): ((object: KubeObject) => boolean) | undefined {
  const { labels, fields } = options;
  if (labels.empty && fields.empty) return undefined;
  return (object) => labels.matches(object.metadata.labels ?? {}) && fields.matches((field) => readerOf(kind, field)?.(object) ?? "");
}
