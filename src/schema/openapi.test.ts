import { describe, expect, test } from "vitest";
import { type DocumentedKind, OpenApiDocuments } from "./openapi.ts";
import { componentName } from "./openapi/components.ts";

const deployment: DocumentedKind = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  struct: "k8s.io/api/apps/v1.Deployment",
  listKind: "DeploymentList",
  subresources: ["status", "scale"],
};
const node: DocumentedKind = {
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  namespaced: false,
  struct: "k8s.io/api/core/v1.Node",
  listKind: "NodeList",
  subresources: ["status"],
};
const review: DocumentedKind = {
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
  struct: "k8s.io/api/authorization/v1.SelfSubjectAccessReview",
};
const descriptions = { "apps/v1.Deployment": ["A deployment.", { spec: "What is wanted." }] } as const;
const documents = new OpenApiDocuments({ kinds: [deployment, node, review], descriptions: () => descriptions, version: "v1.36.3" });
const utf8 = new TextDecoder();

type Json = Record<string, unknown>;
function document(path: string): { paths: Record<string, Json>; components: { schemas: Record<string, Json> } } {
  return JSON.parse(utf8.decode(documents.document(path) ?? new Uint8Array()));
}
const apps = document("apis/apps/v1");
const schemaOf = (goName: string): Json => apps.components.schemas[componentName(goName)] ?? {};

describe("OpenAPI v3", () => {
  test("the index names each document with a hash", () => {
    const index = JSON.parse(utf8.decode(documents.index()));
    expect(Object.keys(index.paths)).toEqual(["api/v1", "apis/apps/v1", "apis/authorization.k8s.io/v1"]);
    expect(index.paths["apis/apps/v1"].serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{16}$/);
    const other = new OpenApiDocuments({ kinds: [deployment], version: "v1.36.3", stamp: "another build" });
    expect(other.hash("apis/apps/v1")).not.toBe(documents.hash("apis/apps/v1"));
    expect(documents.paths).toHaveLength(3);
  });

  test("a document is made once; an unknown one is undefined", () => {
    expect(documents.document("apis/apps/v1")).toBe(documents.document("apis/apps/v1"));
    expect(documents.document("apis/apps/v2")).toBeUndefined();
  });

  test("a kind: texts, references with their siblings, defaults, its name", () => {
    expect(schemaOf("k8s.io/api/apps/v1.Deployment")).toMatchObject({
      description: "A deployment.",
      type: "object",
      properties: {
        spec: { allOf: [{ $ref: "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec" }], default: {}, description: "What is wanted." },
      },
      "x-kubernetes-group-version-kind": [{ group: "apps", kind: "Deployment", version: "v1" }],
    });
    expect(schemaOf("k8s.io/api/apps/v1.DeploymentList")["x-kubernetes-group-version-kind"]).toEqual([
      { group: "apps", kind: "DeploymentList", version: "v1" },
    ]);
  });

  test("required fields, enums, scalars, maps, merge rules", () => {
    expect(schemaOf("k8s.io/api/apps/v1.DeploymentSpec")).toMatchObject({
      required: ["selector", "template"],
      properties: {
        replicas: { type: "integer", format: "int32" },
        strategy: { default: {}, "x-kubernetes-patch-strategy": "retainKeys" },
        selector: { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector" },
      },
    });
    expect(schemaOf("k8s.io/api/core/v1.Container")["properties"]).toMatchObject({
      name: { type: "string", default: "" },
      imagePullPolicy: { type: "string", enum: ["Always", "IfNotPresent", "Never"] },
      ports: {
        type: "array",
        items: { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.ContainerPort" }], default: {} },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
        "x-kubernetes-patch-merge-key": "containerPort",
        "x-kubernetes-patch-strategy": "merge",
      },
    });
    expect(schemaOf("k8s.io/api/core/v1.ResourceRequirements")["properties"]).toMatchObject({
      limits: { type: "object", additionalProperties: { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity" } },
    });
    expect(schemaOf("k8s.io/apimachinery/pkg/util/intstr.IntOrString")).toEqual({
      format: "int-or-string",
      oneOf: [{ type: "integer" }, { type: "string" }],
    });
    expect(schemaOf("k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelector")["x-kubernetes-map-type"]).toBe("atomic");
  });

  test("every reference leads somewhere", () => {
    for (const path of documents.paths) {
      const text = utf8.decode(documents.document(path));
      const { schemas } = document(path).components;
      const missing = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)]
        .map((m) => m[1] ?? "")
        .filter((name) => schemas[name] === undefined);
      expect([path, ...new Set(missing)]).toEqual([path]);
    }
  });

  test("paths say which kind they serve and what a write takes", () => {
    const item = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}";
    expect(Object.keys(apps.paths)).toEqual(
      ["/apis/apps/v1/deployments", "/apis/apps/v1/namespaces/{namespace}/deployments", item, `${item}/scale`, `${item}/status`].sort(),
    );
    expect(apps.paths[item]?.["patch"]).toMatchObject({
      parameters: [{ name: "dryRun" }, { name: "fieldManager" }, { name: "fieldValidation", in: "query" }, { name: "force" }],
      requestBody: { content: { "application/strategic-merge-patch+json": {}, "application/apply-patch+yaml": {} } },
      "x-kubernetes-action": "patch",
      "x-kubernetes-group-version-kind": { group: "apps", kind: "Deployment", version: "v1" },
    });
    expect(apps.paths["/apis/apps/v1/namespaces/{namespace}/deployments"]).toMatchObject({
      get: { operationId: "listAppsV1NamespacedDeployment" },
      post: { operationId: "createAppsV1NamespacedDeployment", "x-kubernetes-action": "post" },
    });
    expect(apps.paths[`${item}/scale`]?.["get"]).toMatchObject({
      operationId: "readAppsV1NamespacedDeploymentScale",
      "x-kubernetes-group-version-kind": { group: "autoscaling", kind: "Scale", version: "v1" },
    });
    expect(Object.keys(document("api/v1").paths)).toContain("/api/v1/nodes/{name}/status");
    expect(document("apis/authorization.k8s.io/v1").paths["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"]).toMatchObject({
      post: { "x-kubernetes-group-version-kind": { kind: "SelfSubjectAccessReview" } },
    });
  });

  test("component names turn the host around", () => {
    expect(componentName("k8s.io/apimachinery/pkg/apis/meta/v1.Time")).toBe("io.k8s.apimachinery.pkg.apis.meta.v1.Time");
  });
});
