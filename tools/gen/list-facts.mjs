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

for (const type of schema.types) {
  const name = inPackages(type.name);
  if (name === undefined) continue;
  if (type.map?.elementRelationship === "atomic") facts.atomicStruct.push(name);
  for (const field of type.map?.fields ?? []) {
    const path = `${name}.${field.name}`;
    const list = field.type.list;
    if (list?.elementRelationship === "associative") {
      if (list.keys === undefined) facts.set.push(path);
      else facts.map[path] = list.keys;
    }
    if (field.type.map?.elementRelationship === "atomic" || field.type.elementRelationship === "atomic") facts.atomicMap.push(path);
    if (field.default !== undefined && !isZero(field.default)) facts.default[path] = field.default;
  }
}
writeFileSync(new URL("sources/list-facts.json", import.meta.url), `${JSON.stringify(facts, null, 1)}\n`);
