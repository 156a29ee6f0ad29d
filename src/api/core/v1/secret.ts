/** Secret: bytes by key, in base64 on the wire. Upstream: pkg/registry/core/secret/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Secret } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { base64Of } from "./base64.ts";
import { validateSecret, validateSecretUpdate } from "./secretValidation.ts";

export const secret: Kind<Secret> = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  struct: "k8s.io/api/core/v1.Secret",
  setDefaults(object) {
    takeTexts(object);
    object.type ||= "Opaque";
  },
  prepareForUpdate(next, previous) {
    if (!next.type && previous.type) next.type = previous.type;
  },
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  selectableFields: { type: (object) => object.type ?? "" },
  columns: [
    column("Type", "What its keys mean", (object) => object.type ?? ""),
    column("Data", "How many keys it has", (object) => Object.keys(object.data ?? {}).length),
    ageColumn(),
  ],
});

/** `stringData` is only ever written: its texts become bytes and win over `data`. */
function takeTexts(object: Secret): void {
  const texts = object.stringData;
  if (texts === undefined) return;
  delete object.stringData;
  if (Object.keys(texts).length === 0) return;
  object.data = { ...object.data, ...Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, base64Of(text)])) };
}
