// @ts-check
/**
 * Writes sources/list-facts.json: how lists, maps and structs of the API merge under server-side apply, and defaults other than
 * zero. Read out of the schema in client-go's applyconfigurations/internal/internal.go: node tools/gen/list-facts.mjs INTERNAL_GO
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { inPackages } from "./packages.mjs";

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error("usage: node tools/gen/list-facts.mjs path/to/applyconfigurations/internal/internal.go");
const text = readFileSync(source, "utf8");
const yaml = text.slice(text.indexOf("`") + 1, text.lastIndexOf("`"));
/** @type {{ types: any[] }} */
const schema = parse(yaml);

/** @type {{ about: string, map: Record<string, string[]>, set: string[], atomicMap: string[], atomicStruct: string[], default: Record<string, unknown> }} */
const facts = {
  about: "Lists that merge by key (map) or are sets (set), atomic maps and structs, defaults that aren't zero. Other lists are atomic.",
  map: {},
  set: [],
  atomicMap: [],
  atomicStruct: [],
  default: {},
};

/** @param {unknown} value */
const isZero = (value) => value === "" || value === 0 || value === false || JSON.stringify(value) === "{}";

/** @param {string} path @param {any} field */
function addField(path, { type, default: fallback }) {
  if (type.list?.elementRelationship === "associative") {
    if (type.list.keys === undefined) facts.set.push(path);
    else facts.map[path] = type.list.keys;
  }
  if (type.map?.elementRelationship === "atomic" || type.elementRelationship === "atomic") facts.atomicMap.push(path);
  if (fallback !== undefined && !isZero(fallback)) facts.default[path] = fallback;
}

for (const type of schema.types) {
  const name = inPackages(type.name);
  if (name === undefined) continue;
  if (type.map?.elementRelationship === "atomic") facts.atomicStruct.push(name);
  for (const field of type.map?.fields ?? []) addField(`${name}.${field.name}`, field);
}
writeFileSync(new URL("sources/list-facts.json", import.meta.url), `${JSON.stringify(facts, null, 1)}\n`);
