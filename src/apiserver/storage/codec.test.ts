import { expect, test } from "vitest";
import { ObjectCodec } from "./codec.ts";

const codec = new ObjectCodec({ group: "apps", version: "v1", kind: "Deployment" });
const object = {
  metadata: { name: "web", resourceVersion: "5", labels: { a: "é" } },
  kind: "Deployment",
  apiVersion: "apps/v1",
  spec: { replicas: 2 },
};
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("stored bytes begin with the type and carry no version", () => {
  expect(text(codec.encode(object))).toBe(
    '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web","labels":{"a":"é"}},"spec":{"replicas":2}}',
  );
});

test("the version is spliced in without parsing", () => {
  const stored = codec.encode(object);
  expect(JSON.parse(text(codec.splice(stored, 42)))).toEqual({ ...object, metadata: { ...object.metadata, resourceVersion: "42" } });
  expect(codec.decode(stored, 42)).toEqual({ ...object, metadata: { ...object.metadata, resourceVersion: "42" } });
});

test("a list's item has a version but no type", () => {
  const stored = codec.encode(object);
  const chunk = new Uint8Array(codec.itemSizeBytes(stored) + 3);
  const end = codec.writeItem(chunk, 3, stored, 7);
  expect(JSON.parse(text(chunk.subarray(3, end)))).toEqual({
    metadata: { ...object.metadata, resourceVersion: "7" },
    spec: { replicas: 2 },
  });
});
