// @ts-check
/**
 * Writes src/schema/shapes/<group>.<version>.ts (TypeScript interfaces of the API types) from the
 * field facts in src/schema/facts/kubernetes-1.36.json. `--check` only compares.
 * Required: what upstream's JSON tag never omits. Optional fields also take `undefined`, which JSON drops.
 */
import { mkdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";

const factsFile = new URL("../../src/schema/facts/kubernetes-1.36.json", import.meta.url);
const outDir = new URL("../../src/schema/shapes/", import.meta.url);
const check = process.argv.includes("--check");

/** @typedef {[goName: string, json: string, type: string, protobuf: string, strategy: string, mergeKey: string]} Field */
/** @type {{ structs: Record<string, Field[]>, named: Record<string, string> }} */
const facts = JSON.parse(readFileSync(factsFile, "utf8"));

/** @param {string} name */
const split = (name) => [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf(".") + 1)];
/** `k8s.io/api/apps/v1` -> `apps.v1` @param {string} pkg */
const moduleOf = (pkg) => pkg.split("/").slice(-2).join(".");

/** JSON shapes of the types that marshal themselves. @type {Record<string, string>} */
const scalars = {
  "k8s.io/apimachinery/pkg/apis/meta/v1.Time": "string",
  "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime": "string",
  "k8s.io/apimachinery/pkg/apis/meta/v1.Duration": "string",
  "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1": "Record<string, unknown>",
  "k8s.io/apimachinery/pkg/api/resource.Quantity": "string",
  "k8s.io/apimachinery/pkg/types.UID": "string",
  "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "number | string",
  "k8s.io/apimachinery/pkg/runtime.RawExtension": "Record<string, unknown>",
};
const numeric = /^u?int(8|16|32|64)?$|^float(32|64)$/;

/** @param {string} type @param {string} pkg @param {Map<string, Set<string>>} imports @returns {string} */
function typescript(type, pkg, imports) {
  if (type.startsWith("*")) return typescript(type.slice(1), pkg, imports);
  if (type === "[]uint8") return "string";
  if (type.startsWith("[]")) {
    const inner = typescript(type.slice(2), pkg, imports);
    return inner.includes("|") ? `(${inner})[]` : `${inner}[]`;
  }
  if (type.startsWith("map[")) return `Record<string, ${typescript(type.slice(type.indexOf("]") + 1), pkg, imports)}>`;
  if (type in scalars) return scalars[type];
  if (type === "string") return "string";
  if (type === "bool") return "boolean";
  if (numeric.test(type)) return "number";
  if (type in facts.structs) {
    const [where, name] = split(type);
    if (where !== pkg) {
      const from = imports.get(moduleOf(where)) ?? new Set();
      imports.set(moduleOf(where), from.add(name));
    }
    return name;
  }
  const underlying = facts.named[type];
  return underlying === undefined ? "unknown" : typescript(underlying, pkg, imports);
}

/** @param {string} name @returns {Field[]} */
function flattened(name) {
  return (facts.structs[name] ?? []).flatMap((field) => {
    const inline = field[1] === "" || field[1].split(",").includes("inline");
    return inline ? flattened(field[2].replace(/^\*/, "")) : [field];
  });
}

/** @type {Map<string, string[]>} */
const packages = new Map();
for (const name of Object.keys(facts.structs)) {
  const [pkg] = split(name);
  packages.set(pkg, [...(packages.get(pkg) ?? []), name]);
}
mkdirSync(outDir, { recursive: true });
let stale = 0;
for (const [pkg, names] of packages) {
  if (!pkg.startsWith("k8s.io/api/") && !pkg.endsWith("meta/v1") && !pkg.startsWith("k8s.io/metrics/")) continue;
  const imports = new Map();
  const bodies = names
    .filter((n) => !(n in scalars))
    .map((name) => {
      const fields = flattened(name);
      const isKind = fields.some((f) => f[1].startsWith("apiVersion")) && fields.some((f) => f[1].startsWith("metadata"));
      const lines = fields.map(([, tag, type]) => {
        const [json = "", ...flags] = tag.split(",");
        const always =
          json === "metadata" ||
          (json === "spec" && (isKind || name.endsWith("TemplateSpec"))) ||
          (json === "name" && name.endsWith(".ObjectMeta")) ||
          (json === "items" && isKind);
        const optional = !always && (type.startsWith("*") || flags.includes("omitempty") || flags.includes("omitzero"));
        const template = json === "metadata" && !isKind && /Template(Spec)?$/.test(name);
        if (template) imports.set("meta.v1", (imports.get("meta.v1") ?? new Set()).add("ObjectMeta"));
        if (template) return "  metadata?: Partial<ObjectMeta> | undefined;";
        const shape = typescript(type, pkg, imports);
        const key = /^[A-Za-z_$][\w$]*$/.test(json) ? json : JSON.stringify(json);
        return optional ? `  ${key}?: ${shape}${shape === "unknown" ? "" : " | undefined"};` : `  ${key}: ${shape};`;
      });
      return `export interface ${split(name)[1]} {\n${lines.join("\n")}\n}\n`;
    });
  const head = [...imports]
    .sort()
    .map(([from, what]) => `import type { ${[...what].sort().join(", ")} } from "./${from}.ts";\n`)
    .join("");
  const text = `// Generated by tools/gen/shapes.mjs from src/schema/facts: do not edit.\n${head}\n${bodies.join("\n")}`;
  const file = new URL(`${moduleOf(pkg)}.ts`, outDir);
  const same = existsSync(file) && readFileSync(file, "utf8") === text;
  if (same) continue;
  stale += 1;
  if (check) console.error(`stale: ${file.pathname}`);
  else writeFileSync(file, text);
}
if (check && stale > 0) {
  console.error("run: npm run gen");
  process.exit(1);
}
