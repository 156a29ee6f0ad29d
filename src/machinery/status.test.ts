import { describe, expect, test } from "vitest";
import { invalid, required } from "./fieldErrors.ts";
import * as status from "./status.ts";

const deployments = { group: "apps", plural: "deployments", kind: "Deployment" };
const pods = { group: "", plural: "pods", kind: "Pod" };

describe("the catalogue", () => {
  test.each([
    [status.notFound(deployments, "x"), 404, "NotFound", 'deployments.apps "x" not found'],
    [status.notFound(pods, "x"), 404, "NotFound", 'pods "x" not found'],
    [status.alreadyExists(pods, "x"), 409, "AlreadyExists", 'pods "x" already exists'],
    [
      status.conflict(pods, "x"),
      409,
      "Conflict",
      'Operation cannot be fulfilled on pods "x": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [status.forbidden(pods, "x", "no"), 403, "Forbidden", 'pods "x" is forbidden: no'],
    [status.forbidden(pods, "", "no"), 403, "Forbidden", "pods is forbidden: no"],
    [
      status.methodNotAllowed(deployments, "delete"),
      405,
      "MethodNotAllowed",
      'delete is not supported on resources of kind "deployments.apps"',
    ],
    [status.tooOldResourceVersion(3, 10), 410, "Expired", "too old resource version: 3 (10)"],
    [status.requestTooLarge(), 413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"],
    [status.internalError("boom"), 500, "InternalError", "Internal error occurred: boom"],
    [status.timeout("slow"), 504, "Timeout", "Timeout: slow"],
    [
      status.serverTimeout(pods, "create"),
      500,
      "ServerTimeout",
      "The create operation against pods could not be completed at this time, please try again.",
    ],
    [status.notAcceptable(["application/json"]), 406, "NotAcceptable", "only the following media types are accepted: application/json"],
  ])("%s", (error, code, reason, message) => {
    expect(error.status).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message });
    expect(status.isApiError(error, reason)).toBe(true);
  });

  test("one invalid field", () => {
    const error = status.invalidObject(deployments, "x", [invalid("spec.replicas", -1, "must be greater than or equal to 0")]);
    expect(error.message).toBe('Deployment.apps "x" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0');
    expect(error.status.details).toEqual({
      name: "x",
      group: "apps",
      kind: "Deployment",
      causes: [{ reason: "FieldValueInvalid", message: "Invalid value: -1: must be greater than or equal to 0", field: "spec.replicas" }],
    });
  });

  test("several, each text once", () => {
    const error = status.invalidObject(pods, "x", [required("a"), required("b"), required("a")]);
    expect(error.message).toBe('Pod "x" is invalid: [a: Required value, b: Required value]');
    expect(error.status.details?.causes).toHaveLength(3);
    expect(status.invalidObject(pods, "x", []).message).toBe('Pod "x" is invalid');
  });

  test("too many requests say when to come back", () => {
    const error = status.tooManyRequests();
    expect(error.headers).toEqual({ "retry-after": "1" });
    expect(error.status.details).toEqual({ retryAfterSeconds: 1 });
  });
});
