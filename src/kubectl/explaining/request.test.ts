import { expect, test } from "vitest";
import type { ServedResource } from "../resources/discovery.ts";
import { RestMapper } from "../resources/restMapper.ts";
import { anyVersionRequest, oneVersionRequest } from "./request.ts";

function served(group: string, name: string, kind: string, shortNames: readonly string[] = []): ServedResource {
  return {
    group,
    version: "v1",
    name,
    singular: kind.toLowerCase(),
    kind,
    shortNames,
    namespaced: true,
    verbs: ["get", "list"],
    categories: [],
  };
}

const groups = [
  served("", "pods", "Pod", ["po"]),
  served("", "events", "Event", ["ev"]),
  served("apps", "deployments", "Deployment", ["deploy"]),
  served("events.k8s.io", "events", "Event", ["ev"]),
].map((resource) => ({ name: resource.group, versions: [{ version: "v1", resources: [resource] }] }));
const warnings: string[] = [];
const mapper = new RestMapper({ groups, failed: [] }, (text) => void warnings.push(text));

test.each([
  ["pods", "pods", "", []],
  ["pods.", "pods", "", []],
  ["po.spec.containers", "pods", "", ["spec", "containers"]],
  ["pod.spec", "pods", "", ["spec"]],
  ["deployments.apps", "deployments", "apps", []],
  ["deployments.apps.spec.strategy", "deployments", "apps", ["spec", "strategy"]],
  ["deploy.spec", "deployments", "apps", ["spec"]],
  ["pods..spec", "pods", "", ["spec"]],
  // The core group's resource is a prefix of the other's full name, so the group is taken for fields, as it is upstream.
  ["events.events.k8s.io", "events", "", ["events", "k8s", "io"]],
])("%s", (argument, plural, apiGroup, fields) => {
  const found = anyVersionRequest(argument, mapper);
  expect([found.mapping.plural, found.mapping.group, found.fields]).toEqual([plural, apiGroup, fields]);
});

test("with a version given, all behind the resource's name is fields", () => {
  const found = oneVersionRequest("deployments.apps.spec", mapper);
  expect([found.mapping.plural, found.fields]).toEqual(["deployments", ["apps", "spec"]]);
});

test.each([
  ["nope", "no matches for /, Resource=nope"],
  [".pods", "invalid jsonpath syntax, first node must be field node"],
  ["pods.spec[0]", "invalid jsonpath syntax, first node must be field node"],
  ["pods.{spec", "unrecognized character in action: U+007B '{'"],
])("%s is refused", (argument, message) => {
  expect(() => anyVersionRequest(argument, mapper)).toThrow(message);
});

test("nodes that are no fields are refused in other words where a version is given", () => {
  expect(() => oneVersionRequest("pods.spec[0]", mapper)).toThrow("invalid jsonpath syntax, all nodes must be field nodes");
});
