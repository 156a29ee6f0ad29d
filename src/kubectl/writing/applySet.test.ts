import { expect, test } from "vitest";
import type { ServedResource } from "../resources/discovery.ts";
import { type Mapping, RestMapper } from "../resources/restMapper.ts";
import { applySetId, parseParent } from "./applySet.ts";
import { parentScope } from "./applySetScope.ts";

const served = (kind: string, group: string, namespaced = true): ServedResource => {
  const name = `${kind.toLowerCase()}s`;
  return { group, version: "v1", name, singular: "", namespaced, kind, verbs: [], shortNames: [], categories: [] };
};
const resources = [served("Secret", ""), served("ConfigMap", ""), served("Deployment", "apps"), served("Bundle", "x.test", false)];
const groups = ["", "apps", "x.test"].map((name) => ({
  name,
  preferredVersion: "v1",
  versions: [{ version: "v1", resources: resources.filter(({ group }) => group === name) }],
}));
const mapper = new RestMapper({ groups, failed: [] }, () => undefined);

test.each([
  ["one", "default", "applyset-iTIbuhbx6eSvgooo6QwbfTklwvbFXbedfumREbRC4bQ-v1"],
  ["configmaps/set", "team", "applyset-1MctYPpcppTgAO9NQ3tRiERfWs50Gfn7om2kV-dSQGs-v1"],
  ["bundles.x.test/all", "", "applyset-OlNkg3HVvYq3BHRb3OO__R4IQxkAqxMTrMv-SBKIdu8-v1"],
])("the id of %s in %j", async (text, namespace, id) => {
  expect(await applySetId({ ...parseParent(text, mapper), namespace })).toBe(id);
});

test.each([
  ["/", 'invalid parent reference "/": name cannot be blank'],
  ["", 'invalid parent reference "": name cannot be blank'],
])("no parent: %j", (text, message) => {
  expect(() => parseParent(text, mapper)).toThrow(message);
});

const prefix = "applyset.kubernetes.io/";
const kindsOf = (annotations: Record<string, string>, namespace = ""): [string[], string[]] => {
  const { kinds, namespaces } = parentScope(
    Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${prefix}${key}`, value])),
    mapper,
    namespace,
  );
  return [[...kinds].map(([key, { plural }]: [string, Mapping]) => `${key}=${plural}`), [...namespaces]];
};

test("kinds and namespaces of a parent", () => {
  const both = { "contains-group-kinds": "ConfigMap,Deployment.apps", "additional-namespaces": "b,c" };
  expect(kindsOf(both, "a")).toEqual([
    ["ConfigMap=configmaps", "Deployment.apps=deployments"],
    ["b", "c", "a"],
  ]);
  expect(kindsOf({ "contains-group-kinds": "", "additional-namespaces": "" })).toEqual([[], []]);
  expect(kindsOf({ "contains-group-resources": "deployments.apps" })).toEqual([["Deployment.apps=deployments"], []]);
});

test("a parent that says nothing, or names kinds that aren't served", () => {
  expect(() => kindsOf({})).toThrow(
    `kubectl requires the "${prefix}contains-group-kinds" annotation to be set on all ApplySet parent objects`,
  );
  expect(() => kindsOf({ "contains-group-kinds": "Gone.x.test" })).toThrow(
    `could not find mapping for kind in "${prefix}contains-group-kinds" annotation: no matches for kind "Gone" in group "x.test"`,
  );
});
