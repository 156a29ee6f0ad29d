/** What both sorts of webhook configurations share. Upstream: pkg/apis/admissionregistration/{v1/defaults.go,validation/validation.go} */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, invalid, required } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { RuleWithOperations, ValidatingWebhook, WebhookClientConfig } from "../../../schema/shapes/admissionregistration.v1.ts";
import { optionalOneOf, oneOf, portNumber, present, problemsAt } from "../../fieldChecks.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";

const timeoutSeconds = 10;
const maxTimeoutSeconds = 30;
const servicePort = 443;

/** Mutating webhooks have all of these fields, and one more. */
export function setWebhookDefaults(webhook: ValidatingWebhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= timeoutSeconds;
  for (const rule of webhook.rules ?? []) rule.scope ??= "*";
  if (webhook.clientConfig.service !== undefined) webhook.clientConfig.service.port ??= servicePort;
}

export function validateWebhooks(webhooks: readonly ValidatingWebhook[], at: Path): FieldError[] {
  const names = new Set<string>();
  return webhooks.flatMap((webhook, i) => {
    const here = at.index(i);
    const errors = validateWebhook(webhook, here);
    if (names.has(webhook.name)) errors.push(duplicate(here.child("name"), webhook.name));
    names.add(webhook.name);
    return errors;
  });
}

function validateWebhook(webhook: ValidatingWebhook, at: Path): FieldError[] {
  const { timeoutSeconds: seconds } = webhook;
  const errors = validateName(webhook.name, at.child("name"));
  errors.push(...(webhook.rules ?? []).flatMap((rule, i) => validateRule(rule, at.child("rules").index(i))));
  errors.push(...optionalOneOf(webhook.failurePolicy, ["Fail", "Ignore"], at.child("failurePolicy")));
  errors.push(...optionalOneOf(webhook.matchPolicy, ["Equivalent", "Exact"], at.child("matchPolicy")));
  if (webhook.sideEffects === undefined) errors.push(required(at.child("sideEffects"), "must specify one of None, NoneOnDryRun"));
  else errors.push(...oneOf(webhook.sideEffects, ["None", "NoneOnDryRun"], at.child("sideEffects")));
  if (seconds !== undefined && (seconds > maxTimeoutSeconds || seconds < 1)) {
    errors.push(invalid(at.child("timeoutSeconds"), seconds, "the timeout value must be between 1 and 30 seconds"));
  }
  return [
    ...errors,
    ...validateLabelSelector(webhook.namespaceSelector, at.child("namespaceSelector")),
    ...validateLabelSelector(webhook.objectSelector, at.child("objectSelector")),
    ...validateClient(webhook.clientConfig, at.child("clientConfig")),
    ...validateVersions(webhook.admissionReviewVersions, at.child("admissionReviewVersions")),
  ];
}

function validateName(name: string, at: Path): FieldError[] {
  if (name === "") return [required(at)];
  const errors = problemsAt(at, name, dnsSubdomainProblems(name));
  if (errors.length > 0 || name.split(".").length >= 3) return errors;
  return [invalid(at, name, "should be a domain with at least three segments separated by dots")];
}

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

function validateRule(rule: RuleWithOperations, at: Path): FieldError[] {
  const given = rule.operations ?? [];
  const errors = [
    ...present(given, at.child("operations")),
    ...present(rule.apiGroups, at.child("apiGroups")),
    ...present(rule.apiVersions, at.child("apiVersions")),
    ...present(rule.resources, at.child("resources")),
  ];
  errors.push(...given.flatMap((operation, i) => oneOf(operation, operations, at.child("operations").index(i))));
  if (given.length > 1 && given.includes("*")) {
    errors.push(invalid(at.child("operations"), given, "if '*' is present, must not specify other operations"));
  }
  return [...errors, ...optionalOneOf(rule.scope, ["*", "Cluster", "Namespaced"], at.child("scope"))];
}

function validateClient({ url, service }: WebhookClientConfig, at: Path): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(at, "exactly one of url or service is required")];
  if (url !== undefined)
    return url.startsWith("https://")
      ? []
      : [invalid(at.child("url"), url, `'https' is the only allowed URL scheme; desired format: https://host[/path]`)];
  const here = at.child("service");
  const { name = "", namespace = "", port, path } = service ?? {};
  const errors = [...present(name, here.child("name")), ...present(namespace, here.child("namespace"))];
  if (port !== undefined) errors.push(...portNumber(port, here.child("port")));
  return path === undefined || path === "" || path.startsWith("/")
    ? errors
    : [...errors, invalid(here.child("path"), path, "must start with a '/'")];
}

function validateVersions(versions: readonly string[], at: Path): FieldError[] {
  if (versions.length === 0) return [required(at, "must specify one of v1, v1beta1")];
  const known = versions.includes("v1") || versions.includes("v1beta1");
  const errors = versions.flatMap((version, i) => (versions.indexOf(version) < i ? [duplicate(at.index(i), version)] : []));
  return known ? errors : [...errors, invalid(at, versions, "must include at least one of v1, v1beta1")];
}
