import { describe, expect, test } from "vitest";
import { structNamed, structNames, structOf, type Field } from "./structs.ts";

function field(struct: string, name: string): Field {
  const found = structOf(struct).fields.get(name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
}

describe("facts of the API's types", () => {
  test("every struct parses, and every type that it names is known", () => {
    let fields = 0;
    for (const name of structNames()) fields += structOf(name).fields.size;
    expect(structNames().length).toBeGreaterThan(500);
    expect(fields).toBeGreaterThan(2000);
  });

  test("long and short names are the same struct; unknown ones are undefined", () => {
    expect(structNamed("k8s.io/api/apps/v1.Deployment")).toBe(structNamed("apps/v1.Deployment"));
    expect(structOf("apps/v1.Deployment").goName).toBe("k8s.io/api/apps/v1.Deployment");
    expect(structNamed("apps/v1.Nothing")).toBeUndefined();
    expect(structNamed("constructor")).toBeUndefined();
    expect(() => structOf("x.Y")).toThrow("no facts of the struct x.Y");
  });

  test("types: pointers, lists, maps, structs of other packages, named ones", () => {
    expect(field("apps/v1.DeploymentSpec", "replicas")).toMatchObject({
      type: { is: "int", bits: 32, go: "int32" },
      pointer: true,
      number: 1,
    });
    expect(field("core/v1.PodSpec", "containers")).toMatchObject({
      omit: "never",
      type: { is: "list", go: "[]v1.Container" },
      required: true,
    });
    expect(field("core/v1.Container", "imagePullPolicy").type).toEqual({ is: "string", go: "v1.PullPolicy" });
    expect(field("core/v1.Secret", "data").type).toMatchObject({ is: "map", value: { is: "bytes" }, go: "map[string][]uint8" });
    expect(field("core/v1.ResourceRequirements", "limits").type).toMatchObject({
      is: "map",
      value: { is: "quantity" },
      go: "v1.ResourceList",
    });
    expect(field("authentication/v1.UserInfo", "extra").type).toMatchObject({ is: "map", value: { is: "list", message: true } });
    expect(field("apps/v1.DeploymentSpec", "template").type).toMatchObject({ is: "struct", go: "v1.PodTemplateSpec" });
  });

  test("inlined structs appear in their place", () => {
    const volume = structOf("core/v1.Volume");
    expect(volume.declared.map((f) => f.json)).toEqual(["name", ""]);
    expect([...volume.fields.keys()].slice(0, 3)).toEqual(["name", "hostPath", "emptyDir"]);
    expect([...structOf("core/v1.Pod").fields.keys()]).toEqual(["kind", "apiVersion", "metadata", "spec", "status"]);
  });

  test("merge rules, defaults and enums", () => {
    expect(field("core/v1.PodSpec", "volumes")).toMatchObject({
      strategies: ["merge", "retainKeys"],
      mergeKey: "name",
      list: "map",
      listKeys: ["name"],
    });
    expect(field("core/v1.Container", "ports")).toMatchObject({ mergeKey: "containerPort", listKeys: ["containerPort", "protocol"] });
    expect(field("core/v1.EphemeralContainer", "ports").listKeys).toEqual(["containerPort", "protocol"]);
    expect(field("meta/v1.ObjectMeta", "finalizers")).toMatchObject({ list: "set", strategies: ["merge"] });
    expect(field("core/v1.ContainerPort", "protocol")).toMatchObject({ default: "TCP", enum: ["SCTP", "TCP", "UDP"] });
    expect(field("core/v1.PodSpec", "nodeSelector").atomicMap).toBe(true);
    expect(structOf("meta/v1.LabelSelector").atomic).toBe(true);
    expect(field("core/v1.PodSpec", "tolerations")).toMatchObject({ list: "atomic", strategies: [] });
  });
});
