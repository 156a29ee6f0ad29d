// @ts-check
/**
 * Writes build/descriptions.json, the texts that `kubectl explain` shows, out of the packages that carry them (models.mjs). Never committed.
 * Form: `{ "apps/v1.Deployment": ["text of the kind", { "spec": "text of the field" }] }`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { modelOf } from "./models.mjs";
import { structs } from "./readFacts.mjs";

const outFile = new URL("../../build/descriptions.json", import.meta.url);
/** Structs that marshal themselves, and so have no fields in the facts. */
const scalars = [
  "meta/v1.Time",
  "meta/v1.MicroTime",
  "meta/v1.FieldsV1",
  "resource.Quantity",
  "intstr.IntOrString",
  "runtime.RawExtension",
];

/** Kinds lack the texts of apiVersion and kind; they are the same everywhere. */
const typeMeta = modelOf("meta/v1.DeleteOptions");

/** @param {string} name @returns {[string, [string, Record<string, string>]][]} */
function describe(name) {
  const model = modelOf(name);
  if (model === undefined) return [];
  /** @type {Record<string, string>} */
  const fields = {};
  for (const [field, { text }] of model.fields) {
    const shared = field === "apiVersion" || field === "kind" ? typeMeta?.fields.get(field)?.text : undefined;
    const shown = text === "" ? shared : text;
    if (shown !== undefined && shown !== "") fields[field] = shown;
  }
  return [[name, [model.text, fields]]];
}

const texts = [...structs.keys(), ...scalars].flatMap(describe);
if (texts.length < 450) throw new Error(`only ${texts.length} structs have texts; is kubernetes-models installed?`);
mkdirSync(new URL(".", outFile), { recursive: true });
writeFileSync(outFile, JSON.stringify(Object.fromEntries(texts)));
