/** What a JSONPath found, as text. Upstream: client-go/util/jsonpath/jsonpath.go (PrintResults), cli-runtime/pkg/printers/jsonpath.go */
import { KubectlError, textOf } from "../../errors.ts";
import { goNumber, goSyntax } from "../goValue.ts";
import { jsonText } from "../json.ts";
import { GoFloat } from "./compare.ts";
import type { JsonPath } from "./evaluate.ts";

/** `asJson`: each group as a JSON list on lines of its own. Throws KubectlError with the whole object, as upstream does. */
export function printJsonPath(path: JsonPath, template: string, value: unknown, asJson: boolean): string {
  let groups: unknown[][];
  try {
    groups = path.find(value);
  } catch (error) {
    const more = `Error executing template: ${textOf(error)}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(value)}\n\n`;
    throw new KubectlError(`error executing jsonpath ${JSON.stringify(template)}: ${more}\n`);
  }
  if (asJson) return groups.map((group) => `${jsonText(group.map(plain))}\n`).join("");
  return groups.map((group) => group.map(resultText).join(" ")).join("");
}

export function resultText(value: unknown): string {
  if (value instanceof GoFloat) return goNumber(value.value);
  if (value === undefined) return "<no value>";
  if (value === null) return "null";
  if (typeof value === "object") return jsonText(value, { indent: "" });
  if (typeof value === "number") return goNumber(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function plain(value: unknown): unknown {
  return value instanceof GoFloat ? value.value : value;
}
