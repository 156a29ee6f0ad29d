// @ts-check
/** The Go packages whose types are served, by the short names that the facts file uses. */

/** @type {Record<string, string>} */
export const packages = {
  "admissionregistration/v1": "k8s.io/api/admissionregistration/v1",
  "apidiscovery/v2": "k8s.io/api/apidiscovery/v2",
  "apps/v1": "k8s.io/api/apps/v1",
  "authentication/v1": "k8s.io/api/authentication/v1",
  "authorization/v1": "k8s.io/api/authorization/v1",
  "autoscaling/v1": "k8s.io/api/autoscaling/v1",
  "autoscaling/v2": "k8s.io/api/autoscaling/v2",
  "batch/v1": "k8s.io/api/batch/v1",
  "certificates/v1": "k8s.io/api/certificates/v1",
  "coordination/v1": "k8s.io/api/coordination/v1",
  "core/v1": "k8s.io/api/core/v1",
  "discovery/v1": "k8s.io/api/discovery/v1",
  "events/v1": "k8s.io/api/events/v1",
  "networking/v1": "k8s.io/api/networking/v1",
  "node/v1": "k8s.io/api/node/v1",
  "policy/v1": "k8s.io/api/policy/v1",
  "rbac/v1": "k8s.io/api/rbac/v1",
  "scheduling/v1": "k8s.io/api/scheduling/v1",
  "storage/v1": "k8s.io/api/storage/v1",
  "meta/v1": "k8s.io/apimachinery/pkg/apis/meta/v1",
  "metrics/v1beta1": "k8s.io/metrics/pkg/apis/metrics/v1beta1",
  runtime: "k8s.io/apimachinery/pkg/runtime",
  resource: "k8s.io/apimachinery/pkg/api/resource",
  intstr: "k8s.io/apimachinery/pkg/util/intstr",
  types: "k8s.io/apimachinery/pkg/types",
  version: "k8s.io/apimachinery/pkg/version",
};

const shortOf = new Map(Object.entries(packages).map(([short, long]) => [long, short]));

/** `k8s.io/api/apps/v1.Deployment` -> `apps/v1.Deployment`; undefined outside. @param {string} goName */
export function shortName(goName) {
  const dot = goName.lastIndexOf(".");
  const short = shortOf.get(goName.slice(0, dot));
  return short === undefined ? undefined : `${short}${goName.slice(dot)}`;
}

/** `io.k8s.api.apps.v1.Deployment` -> `apps/v1.Deployment`; undefined outside. @param {string} component */
export function inPackages(component) {
  const parts = component.split(".");
  const name = parts.pop();
  const path = parts.slice(2).join("/");
  return parts[1] === "k8s" ? shortName(`k8s.io/${path}.${name}`) : undefined;
}
