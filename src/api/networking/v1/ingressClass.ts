/** IngressClass: a controller that serves Ingresses. Upstream: pkg/registry/networking/ingressclass/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required, tooLong } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import { dnsLabelProblems, dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { IngressClass, IngressClassParametersReference } from "../../../schema/shapes/networking.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, immutable, oneOf, problemsAt } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateParametersReference } from "./ingressValidation.ts";

const maxControllerLength = 250;

export const ingressClass: Kind<IngressClass> = defineKind<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  struct: "k8s.io/api/networking/v1.IngressClass",
  setDefaults({ spec }) {
    if (spec.parameters !== undefined) spec.parameters.scope ??= "Cluster";
  },
  ...checkedWithMeta<IngressClass>(
    { namespaced: false, name: dnsSubdomainName },
    ({ spec }, at) => [
      ...validateController(spec.controller ?? "", at.child("spec", "controller")),
      ...validateParameters(spec.parameters, at.child("spec", "parameters")),
    ],
    (next, previous, at) => immutable(next.spec.controller ?? "", previous.spec.controller ?? "", at.child("spec", "controller")),
  ),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns: [
    column("Controller", "Who serves Ingresses of this class", ({ spec }) => spec.controller ?? ""),
    column("Parameters", "What the controller is told", ({ spec }) => parametersText(spec.parameters)),
    ageColumn(),
  ],
});

function parametersText(parameters: IngressClassParametersReference | undefined): string {
  if (parameters === undefined) return "<none>";
  const { apiGroup, kind, name } = parameters;
  return `${kind.toLowerCase()}${apiGroup ? `.${apiGroup}` : ""}/${name}`;
}

/** A domain, a slash and a path: `example.com/ingress`. */
function validateController(controller: string, at: Path): FieldError[] {
  if (controller === "") return [required(at)];
  const errors = controller.length > maxControllerLength ? [tooLong(at, controller, maxControllerLength)] : [];
  const slash = controller.indexOf("/");
  if (slash < 0 || slash === controller.length - 1) {
    return [...errors, invalid(at, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const domain = controller.slice(0, slash);
  errors.push(...problemsAt(at, domain, dnsSubdomainProblems(domain)));
  const path = controller.slice(slash + 1);
  if (/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) return errors;
  const text = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
  return [...errors, invalid(at, path, text)];
}

function validateParameters(parameters: IngressClassParametersReference | undefined, at: Path): FieldError[] {
  if (parameters === undefined) return [];
  const errors = validateParametersReference(parameters, at);
  const { scope, namespace } = parameters;
  const namespaceAt = at.child("namespace");
  if (scope === undefined) return [...errors, required(at.child("scope"))];
  errors.push(...oneOf(scope, ["Cluster", "Namespace"], at.child("scope")));
  if (scope === "Cluster" && namespace !== undefined) errors.push(forbidden(namespaceAt, "`parameters.scope` is set to 'Cluster'"));
  if (scope !== "Namespace") return errors;
  if (namespace === undefined) return [...errors, required(namespaceAt, "`parameters.scope` is set to 'Namespace'")];
  return [...errors, ...problemsAt(namespaceAt, namespace, dnsLabelProblems(namespace))];
}
