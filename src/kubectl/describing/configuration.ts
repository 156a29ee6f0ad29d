/** ConfigMaps, Secrets, ServiceAccounts, Namespaces and their limits, PriorityClasses. Upstream: kubectl/pkg/describe/describe.go */
import { isApiError } from "../../machinery/status.ts";
import { parseQuantity, Quantity } from "../../machinery/quantity.ts";
import type { ConfigMap, LimitRange, Namespace, ResourceQuota, Secret, ServiceAccount } from "../../schema/shapes/core.v1.ts";
import type { PriorityClass } from "../../schema/shapes/scheduling.v1.ts";
import { sortedEntries } from "../printers/goValue.ts";
import { type Describing, kindAt, listAll } from "./lookups.ts";
import type { Page } from "./page.ts";
import { byName, labelsText, localTime, putHead, putMarks, putPlace, putTable, quantityText } from "./parts.ts";

const quotas = kindAt("v1", "ResourceQuota", "resourcequotas");
const limits = kindAt("v1", "LimitRange", "limitranges");

export function describeConfigMap({ metadata, data, binaryData }: ConfigMap, page: Page): void {
  putHead(page, metadata);
  page.line(0, "\nData\n====");
  for (const [key, value] of sortedEntries(data ?? {})) page.line(0, `${key}:\n----\n${String(value)}\n`);
  page.line(0, "\nBinaryData\n====");
  for (const [key, value] of sortedEntries(binaryData ?? {})) page.line(0, `${key}: ${byteCount(String(value))} bytes`);
  page.line(0, "");
}

export function describeSecret({ metadata, type = "", data }: Secret, page: Page): void {
  putHead(page, metadata);
  page.field(0, "\nType", type);
  page.line(0, "\nData\n====");
  for (const [key, value] of sortedEntries(data ?? {})) {
    const token = key === "token" && type === "kubernetes.io/service-account-token";
    page.field(0, key, token ? atob(String(value)) : `${byteCount(String(value))} bytes`);
  }
}

/** How many bytes a Base64 text stands for. */
function byteCount(base64: string): number {
  return Math.floor((base64.replace(/=+$/, "").length * 3) / 4);
}

export function describeServiceAccount({ metadata, imagePullSecrets = [] }: ServiceAccount, page: Page): void {
  putHead(page, metadata);
  const title = "Image pull secrets:";
  if (imagePullSecrets.length === 0) page.row(0, title, "<none>");
  imagePullSecrets.forEach(({ name = "" }, at) => page.row(0, at === 0 ? title : " ".repeat(title.length), name));
}

export function describePriorityClass(one: PriorityClass, page: Page): void {
  page.field(0, "Name", one.metadata.name);
  page.field(0, "Value", one.value);
  page.field(0, "GlobalDefault", one.globalDefault === true);
  page.field(0, "PreemptionPolicy", one.preemptionPolicy);
  page.field(0, "Description", one.description);
  page.field(0, "Annotations", labelsText(one.metadata.annotations));
}

export async function describeNamespace({ metadata, status }: Namespace, page: Page, describing: Describing): Promise<void> {
  const name = metadata.name;
  page.field(0, "Name", name);
  putMarks(page, metadata);
  page.field(0, "Status", status?.phase);
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    page.line(0, "Conditions:");
    const rows = conditions.map((one) => [one.type, one.status, localTime(one.lastTransitionTime), one.reason ?? "", one.message ?? ""]);
    putTable(page, 1, ["Type", "Status", "LastTransitionTime", "Reason", "Message"], rows);
  }
  const foundQuotas = await listedIfServed<ResourceQuota>(describing, quotas, name);
  if (foundQuotas !== undefined) putQuotas(page, foundQuotas);
  const foundLimits = await listedIfServed<LimitRange>(describing, limits, name);
  if (foundLimits !== undefined) putLimits(page, foundLimits);
}

async function listedIfServed<T>(describing: Describing, kind: typeof quotas, namespace: string): Promise<T[] | undefined> {
  try {
    return await listAll<T>(describing, kind, namespace);
  } catch (error) {
    if (isApiError(error, "NotFound")) return undefined;
    throw error;
  }
}

function putQuotas(page: Page, found: readonly ResourceQuota[]): void {
  page.line(0, "");
  if (found.length === 0) return page.line(0, "No resource quota.");
  page.line(0, "Resource Quotas");
  for (const { metadata, spec, status } of [...found].sort(byName((one) => one.metadata.name))) {
    page.field(1, "Name", metadata.name);
    putScopes(page, 1, spec?.scopes ?? [], "* ");
    page.row(1, "Resource", "Used", "Hard");
    page.row(1, "--------", "---", "---");
    for (const [name, hard] of sortedEntries(status?.hard ?? {})) {
      page.row(1, name, quantityText(status?.used?.[name]), quantityText(String(hard)));
    }
  }
  return undefined;
}

const scopeHelp: Readonly<Record<string, string>> = {
  Terminating:
    "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
  NotTerminating:
    "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
  BestEffort: "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
  NotBestEffort:
    "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
};

function putScopes(page: Page, level: number, scopes: readonly string[], bullet: string): void {
  if (scopes.length === 0) return;
  const ordered = [...scopes].sort();
  page.field(level, "Scopes", ordered.join(", "));
  for (const help of ordered.map((scope) => scopeHelp[scope])) if (help !== undefined) page.line(level, `${bullet}${help}`);
}

export function describeQuota({ metadata, spec, status }: ResourceQuota, page: Page): void {
  putPlace(page, metadata);
  putScopes(page, 0, spec?.scopes ?? [], " * ");
  const rows = sortedEntries(status?.hard ?? {}).map(([name, hard]) => {
    const limit = parseQuantity(String(hard));
    const used = parseQuantity(status?.used?.[name] ?? "0");
    const shown = used.format === limit.format ? used : Quantity.of(used.value(), limit.format);
    return [name, shown, limit];
  });
  putTable(page, 0, ["Resource", "Used", "Hard"], rows);
}

const limitHeaders = ["Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio"];

export function describeLimitRange(range: LimitRange, page: Page): void {
  putPlace(page, range.metadata);
  putTable(page, 0, limitHeaders, limitRows(range));
}

function putLimits(page: Page, found: readonly LimitRange[]): void {
  page.line(0, "");
  if (found.length === 0) return page.line(0, "No LimitRange resource.");
  page.line(0, "Resource Limits");
  page.row(0, ...indented(limitHeaders));
  page.row(0, ...indented(limitHeaders.map((header) => "-".repeat(header.length))));
  for (const row of found.flatMap(limitRows)) page.row(0, ...indented(row));
  return undefined;
}

function indented([first, ...rest]: readonly string[]): string[] {
  return [` ${first}`, ...rest];
}

function limitRows({ spec }: LimitRange): string[][] {
  return (spec?.limits ?? []).flatMap((item) => {
    const columns = [item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio];
    const names = new Set(
      [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio].flatMap((one) => Object.keys(one ?? {})),
    );
    return [...names]
      .sort()
      .map((name) => [item.type, name, ...columns.map((one) => (one?.[name] === undefined ? "-" : quantityText(one[name])))]);
  });
}
