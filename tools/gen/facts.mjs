// @ts-check
/**
 * Writes src/schema/facts/kubernetes-1.36.json, the compact facts of all API types that are served. Sources: build/go-types.json
 * (made from the genuine kubectl by extract-go-types.mjs), sources/list-facts.json, and the enums and `?` of the models in
 * kubernetes-models (models.mjs). `--check` only compares. The format is described in src/schema/structs.ts.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { modelOf } from "./models.mjs";
import { packages, shortName } from "./packages.mjs";

const outFile = new URL("../../src/schema/facts/kubernetes-1.36.json", import.meta.url);
const typesFile = new URL("../../build/go-types.json", import.meta.url);

/** @param {string} name */
const source = (name) => JSON.parse(readFileSync(new URL(`sources/${name}.json`, import.meta.url), "utf8"));
if (!existsSync(typesFile)) {
  const extract = fileURLToPath(new URL("extract-go-types.mjs", import.meta.url));
  execFileSync(process.execPath, [extract], { stdio: "inherit" });
}
/** @typedef {[goName: string, json: string, type: string, protobuf: string, strategy: string, mergeKey: string]} GoField */
/** @type {{ structs: Record<string, GoField[]>, named: Record<string, string> }} */
const go = JSON.parse(readFileSync(typesFile, "utf8"));
/** @type {{ map: Record<string, string[]>, set: string[], atomicMap: string[], atomicStruct: string[], default: Record<string, unknown> }} */
const lists = source("list-facts");

/** Types that marshal themselves; what is inside them is no field of the API. */
const selfMarshalled = new Set([
  "meta/v1.Time",
  "meta/v1.MicroTime",
  "meta/v1.Duration",
  "meta/v1.FieldsV1",
  "runtime.RawExtension",
  "intstr.IntOrString",
]);
const left = /^(runtime|resource|intstr|types)\./;

/** @param {string} type @param {string} pkg @returns {string} */
function typeText(type, pkg) {
  return type.replace(/k8s\.io\/[\w./-]+\.\w+/g, (name) => {
    const short = shortName(name) ?? "any";
    return short.startsWith(`${pkg}.`) ? short.slice(pkg.length + 1) : short;
  });
}

/** Facts and models know only the struct in which another is inlined. @type {Map<string, string>} */
const inlinedIn = new Map();
for (const [name, fields] of Object.entries(go.structs)) {
  for (const [, tag, type, protobuf] of fields) {
    const inner = shortName(type);
    const outer = shortName(name);
    if (tag === ",inline" && protobuf !== "" && inner !== undefined && outer !== undefined && !inlinedIn.has(inner))
      inlinedIn.set(inner, outer);
  }
}
/** @param {string} struct @returns {string[]} */
const ownAndOuter = (struct) => [struct, ...(inlinedIn.has(struct) ? ownAndOuter(inlinedIn.get(struct) ?? "") : [])];

/** @param {string} json @param {import("./models.mjs").Model | undefined} model @param {boolean} omitted */
function modelFacts(json, model, omitted) {
  const known = json === "kind" || json === "apiVersion" ? undefined : model?.fields.get(json);
  if (known === undefined) return [];
  const parts = known.enum === undefined ? [] : [`e=${known.enum.map(encodeURIComponent).join("|")}`];
  if (known.optional !== omitted) parts.push(known.optional ? "optional" : "required");
  return parts;
}

/** @param {string} struct @param {GoField} field @param {import("./models.mjs").Model | undefined} model */
function fieldText(struct, field, model) {
  const [, tag, type, protobuf, strategy, mergeKey] = field;
  const [json = "", ...flags] = tag.split(",");
  const paths = ownAndOuter(struct).map((name) => `${name}.${json}`);
  const omitted = flags.includes("omitzero") ? "??" : flags.includes("omitempty") ? "?" : "";
  const parts = [`${json}${omitted}`, typeText(type, struct.slice(0, struct.lastIndexOf("."))), protobuf.split(",")[1] ?? ""];
  if (strategy !== "") parts.push(`s=${strategy}`);
  if (mergeKey !== "") parts.push(`k=${mergeKey}`);
  parts.push(...mergeFacts(paths));
  parts.push(...modelFacts(json, model, omitted !== ""));
  return parts.join(":");
}

/** @param {string[]} paths */
function mergeFacts(paths) {
  const parts = [];
  const path = paths.find((p) => p in lists.map || p in lists.default || lists.set.includes(p) || lists.atomicMap.includes(p));
  if (path === undefined) return [];
  const keys = lists.map[path];
  if (keys !== undefined) parts.push(`l=${keys.join("+")}`);
  if (lists.set.includes(path)) parts.push("set");
  if (lists.atomicMap.includes(path)) parts.push("atomic");
  if (path in lists.default) parts.push(`d=${encodeURIComponent(JSON.stringify(lists.default[path]))}`);
  return parts;
}

/** @param {string} struct @param {GoField[]} fields */
function structText(struct, fields) {
  const model = ownAndOuter(struct)
    .map(modelOf)
    .find((found) => found !== undefined);
  const texts = fields.filter((field) => !field[1].startsWith("-")).map((field) => fieldText(struct, field, model));
  return [...(lists.atomicStruct.includes(struct) ? ["!atomic"] : []), ...texts].join(" ");
}

/** @param {[string, unknown][]} entries */
const lines = (entries) =>
  entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`)
    .join(",\n");

/** @type {[string, unknown][]} */
const structs = [];
for (const [name, fields] of Object.entries(go.structs)) {
  const short = shortName(name);
  if (short === undefined || selfMarshalled.has(short) || left.test(short)) continue;
  structs.push([short, structText(short, fields)]);
}
/** @type {[string, unknown][]} */
const named = [];
for (const [name, type] of Object.entries(go.named)) {
  const short = shortName(name);
  if (short !== undefined && !/^(interface|func|\[\]func)/.test(type) && !left.test(short))
    named.push([short, typeText(type, short.slice(0, short.lastIndexOf(".")))]);
}
const used = Object.entries(packages).filter(([short]) => /\//.test(short) || short === "version");
const text = `{
"about":"Facts of the Kubernetes v1.36.3 API types. Written by tools/gen/facts.mjs; the format is described in src/schema/structs.ts.",
"packages":${JSON.stringify(Object.fromEntries(used))},
"named":{
${lines(named)}
},
"structs":{
${lines(structs)}
}
}
`;
const same = existsSync(outFile) && readFileSync(outFile, "utf8") === text;
if (process.argv.includes("--check")) {
  if (!same) console.error("stale: src/schema/facts/kubernetes-1.36.json; run: node tools/gen/facts.mjs");
  process.exit(same ? 0 : 1);
}
if (!same) writeFileSync(outFile, text);
