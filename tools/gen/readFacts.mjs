// @ts-check
/** Reads src/schema/facts/kubernetes-1.36.json (format: src/schema/structs.ts) for other generators. */
import { readFileSync } from "node:fs";

const file = new URL("../../src/schema/facts/kubernetes-1.36.json", import.meta.url);
/** @type {{ packages: Record<string, string>, named: Record<string, string>, structs: Record<string, string> }} */
const facts = JSON.parse(readFileSync(file, "utf8"));

/** @typedef {{ json: string, type: string, pointer: boolean, omitted: boolean, inline: boolean }} FactField */

/** Go's predeclared types start in lower case, the struct's own package is left out. @param {string} type @param {string} pkg */
const qualified = (type, pkg) => type.replace(/(^|[\]*])([A-Z]\w*)/g, (_, before, name) => `${before}${pkg}.${name}`);

/** @param {string} line @param {string} pkg @returns {FactField[]} */
function fieldsOf(line, pkg) {
  const texts = line.split(" ").filter((text) => text !== "" && text !== "!atomic");
  return texts.map((text) => {
    const [name = "", type = ""] = text.split(":");
    return {
      json: name.replace(/\?+$/, ""),
      type: qualified(type, pkg),
      pointer: type.startsWith("*"),
      omitted: name.endsWith("?"),
      inline: name === "",
    };
  });
}

/** Fields as declared, by short struct name (`apps/v1.Deployment`); types with short package names. @type {Map<string, FactField[]>} */
export const structs = new Map(
  Object.entries(facts.structs).map(([name, line]) => [name, fieldsOf(line, name.slice(0, name.lastIndexOf(".")))]),
);
/** Underlying types of named ones. @type {Map<string, string>} */
export const named = new Map(
  Object.entries(facts.named).map(([name, type]) => [name, qualified(type, name.slice(0, name.lastIndexOf(".")))]),
);
