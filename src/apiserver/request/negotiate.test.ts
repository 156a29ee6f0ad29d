import { expect, test } from "vitest";
import { negotiate, wantsPretty } from "./negotiate.ts";
import type { Offer } from "./negotiate.ts";

const list: Offer = { conversions: ["Table", "PartialObjectMetadataList"], protobuf: false };
const kubectlTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

test.each<[string | undefined, Offer, string]>([
  [undefined, list, "json "],
  ["application/json", list, "json "],
  ["*/*", list, "json "],
  ["application/yaml", list, "yaml "],
  ["application/vnd.kubernetes.protobuf,application/json", list, "json "],
  ["application/vnd.kubernetes.protobuf,application/json", { ...list, protobuf: true }, "protobuf "],
  ["application/json;q=0.5,application/yaml", list, "yaml "],
  [kubectlTable, list, "json Table"],
  [kubectlTable, { conversions: [], protobuf: false }, "json "],
  ["application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,*/*;q=0.1", list, "json "],
  ["application/json;as=Table;v=v9;g=meta.k8s.io,application/json", list, "json "],
])("%s", (accept, offer, expected) => {
  const { media, convert } = negotiate(accept, offer, false);
  expect(`${media} ${convert ?? ""}`).toBe(expected);
});

test.each(["text/html", "application/vnd.kubernetes.protobuf", "application/json;as=Table;v=v1;g=nope"])("%s can't be had", (accept) => {
  expect(() => negotiate(accept, list, false)).toThrow("only the following media types are accepted: application/json, application/yaml");
});

test("people get indented JSON", () => {
  expect([
    wantsPretty("curl/8", undefined),
    wantsPretty("kubectl/v1.36", undefined),
    wantsPretty("kubectl", "true"),
    wantsPretty("curl/8", "0"),
  ]).toEqual([true, false, true, false]);
});
