/**
 * One step of a path into an object, as text: `f:name` a field, `k:{"name":"a"}` the list item with these keys, `v:"x"` an item of a set,
 * `i:0` a place in a list. This is the form in which managedFields writes it, made canonical so that equal steps are equal texts.
 * Upstream: sigs.k8s.io/structured-merge-diff/fieldpath/serialize-pe.go
 */
import { goJson } from "../../schema/scalars/goText.ts";
import { isObject, type JsonObject } from "../patch/jsonValue.ts";

export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}
/** Keys in alphabetical order. */
export function keyElement(keys: JsonObject): PathElement {
  const names = Object.keys(keys);
  if (names.length > 1) names.sort();
  return `k:{${names.map((name) => `${JSON.stringify(name)}:${goJson(keys[name])}`).join(",")}}`;
}
export function valueElement(value: unknown): PathElement {
  return `v:${goJson(value)}`;
}

/** The canonical form of a step read from managedFields; undefined when it is none. */
export function parseElement(text: string): PathElement | undefined {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "i:":
      return /^-?\d+$/.test(rest) ? text : undefined;
    case "k:":
    case "v:": {
      const value = parsed(rest);
      if (value === undefined) return undefined;
      if (text.startsWith("v:")) return valueElement(value);
      return isObject(value) ? keyElement(value) : undefined;
    }
    default:
      return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As messages show it: `.spec`, `[name="a"]`, `[="x"]`, `[0]`. */
export function elementText(element: PathElement): string {
  const rest = element.slice(2);
  switch (element.charAt(0)) {
    case "f":
      return `.${rest}`;
    case "k": {
      const keys = parsed(rest);
      const pairs = isObject(keys) ? Object.entries(keys) : [];
      return `[${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
    }
    case "v":
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}
