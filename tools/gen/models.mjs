// @ts-check
/**
 * Reads the declaration files of the packages kubernetes-models and @kubernetes-models/apimachinery: per struct its text and its
 * fields with text, optionality and enum. Nothing of them is committed but names (see facts.mjs); the texts go into the build.
 */
import { existsSync, readFileSync } from "node:fs";

const root = new URL("../../node_modules/", import.meta.url);
/** Folders whose names aren't the group's first word. @type {Record<string, string>} */
const folders = {
  "core/v1": "kubernetes-models/v1/",
  "meta/v1": "@kubernetes-models/apimachinery/apis/meta/v1/",
  version: "@kubernetes-models/apimachinery/version/",
  runtime: "@kubernetes-models/apimachinery/runtime/",
  resource: "@kubernetes-models/apimachinery/api/resource/",
  intstr: "@kubernetes-models/apimachinery/util/intstr/",
};
const dotted = new Set([
  "admissionregistration",
  "authentication",
  "authorization",
  "certificates",
  "coordination",
  "discovery",
  "events",
  "networking",
  "node",
  "scheduling",
  "storage",
]);

/** @param {string} pkg */
function folderOf(pkg) {
  const [group = "", version = ""] = pkg.split("/");
  if (folders[pkg] !== undefined) return folders[pkg];
  const name = group === "rbac" ? "rbac.authorization.k8s.io" : dotted.has(group) ? `${group}.k8s.io` : group;
  return `kubernetes-models/${name}/${version}/`;
}

/** @typedef {{ text: string, optional: boolean, enum: string[] | undefined }} ModelField */
/** @typedef {{ text: string, fields: Map<string, ModelField> }} Model */

/** The inside of a doc comment. @param {string} comment */
function textOf(comment) {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\/?\*+\/? ?/, "").replace(/\s*\*\/\s*$/, ""));
  return lines.join("\n").trim().replaceAll("*\\/", "*/");
}

/** @param {string} type */
function enumOf(type) {
  const parts = type.replace(/^Array<(.*)>$/, "$1").split(" | ");
  return parts.every((part) => /^"([^"\\]|\\.)*"$/.test(part)) ? parts.map((part) => String(JSON.parse(part))) : undefined;
}

/** Comment, name, `?` and the first line of the type. */
const fieldForm = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?\s*\n {4}"([^"]+)"(\?)?: ([^;{\n]*)/g;

/** By short struct name, e.g. `apps/v1.Deployment`; undefined when there is none. @param {string} struct @returns {Model | undefined} */
export function modelOf(struct) {
  const dot = struct.lastIndexOf(".");
  const file = new URL(`${folderOf(struct.slice(0, dot))}${struct.slice(dot + 1)}.d.ts`, root);
  if (!existsSync(file)) return undefined;
  const source = readFileSync(file, "utf8");
  const head = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*export (?:interface|type|declare type) I(\w+)/.exec(source);
  const start = source.search(/export interface I\w+/);
  const body = start < 0 ? "" : source.slice(start, source.indexOf("\n}", start));
  /** @type {Map<string, ModelField>} */
  const fields = new Map();
  for (const [, comment = "", name = "", mark, type = ""] of body.matchAll(fieldForm)) {
    fields.set(name, { text: textOf(comment), optional: mark === "?", enum: enumOf(type) });
  }
  return { text: head === null ? "" : textOf(head[1] ?? ""), fields };
}
