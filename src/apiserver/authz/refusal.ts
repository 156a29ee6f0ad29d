/** The 403 of a refused request. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go */
import { forbidden, forbiddenPath } from "../../machinery/status.ts";
import type { ApiError } from "../../machinery/status.ts";
import type { AccessAttributes } from "./authorizer.ts";

export function refusal(attributes: AccessAttributes, reason: string): ApiError {
  const { user, verb } = attributes;
  const because = reason === "" ? "" : `: ${reason}`;
  if (attributes.kind === "path") {
    return forbiddenPath(`User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(attributes.path)}${because}`);
  }
  const { group, resource, subresource, namespace, name } = attributes;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(what)}`;
  return forbidden({ group, plural: resource }, name, `${who} in API group ${JSON.stringify(group)} ${where}${because}`);
}
