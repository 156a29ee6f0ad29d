/** ConfigMap: settings by key, as texts or bytes. Upstream: pkg/registry/core/configmap/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, tooLong } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { ConfigMap } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { decodedLength } from "./base64.ts";
import { maxDataBytes, validateFrozen, validateKeys } from "./keyedDataValidation.ts";

export const configMap: Kind<ConfigMap> = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  shortNames: ["cm"],
  struct: "k8s.io/api/core/v1.ConfigMap",
  validate,
  validateUpdate: (next, previous, at) => [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateFrozen(next, previous, ["data", "binaryData"], at),
    ...validate(next, at),
  ],
  columns: [column("Data", "How many keys it has", (object) => Object.keys({ ...object.data, ...object.binaryData }).length), ageColumn()],
});

function validate({ metadata, data = {}, binaryData = {} }: ConfigMap, at: Path): FieldError[] {
  const errors = [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateKeys(data, at.child("data")),
    ...validateKeys(binaryData, at.child("binaryData")),
  ];
  const twice = Object.keys(data).filter((key) => Object.hasOwn(binaryData, key));
  errors.push(...twice.map((key) => invalid(at.child("data").key(key), key, "duplicate of key present in binaryData")));
  const size = sum(data, utf8Length) + sum(binaryData, decodedLength);
  return size > maxDataBytes ? [...errors, tooLong(at, "", maxDataBytes)] : errors;
}

function sum(data: Readonly<Record<string, string>>, lengthOf: (text: string) => number): number {
  return Object.values(data).reduce((total, text) => total + lengthOf(text), 0);
}

const utf8 = new TextEncoder();

function utf8Length(text: string): number {
  return text.length < 1024 && /^[\x20-\x7e]*$/.test(text) ? text.length : utf8.encode(text).length;
}
