/**
 * The objects in a file: a stream of JSON values, or YAML documents between lines of `---`.
 * Upstream: apimachinery/pkg/util/yaml/decoder.go
 */
import { KubectlError, textOf } from "../errors.ts";
import { goJson } from "../../schema/scalars/goText.ts";
import { jsonSyntaxError } from "../../schema/scalars/jsonSyntax.ts";
import { parseYaml } from "../../schema/yaml.ts";

export interface InputDocument {
  readonly value: unknown;
  /** As JSON, for messages. */
  readonly raw: string;
}

/** Documents one after the other, so that those before a broken one are used; throws for the broken one. Empty ones are left out. */
export function* readDocuments(bytes: Uint8Array): Generator<InputDocument> {
  const text = decodeText(bytes);
  let rest = text;
  if (text.trimStart().startsWith("{")) {
    let count = 0;
    for (;;) {
      const end = jsonValueEnd(rest);
      if (end === "empty") return;
      const value = end === undefined ? undefined : tryJson(rest.slice(0, end));
      if (end === undefined || value === undefined) {
        rest = rest.replace(/^[^\S\n]*\n?/, "");
        // More than one object: surely JSON. Else it may still be YAML that begins with a brace.
        yield* yamlAfterJson(rest, count);
        return;
      }
      count += 1;
      yield { value: value.json, raw: rest.slice(0, end).trim() };
      rest = rest.slice(end);
    }
  }
  yield* yamlDocuments(text);
}

function* yamlAfterJson(rest: string, count: number): Generator<InputDocument> {
  const problem = jsonProblem(rest);
  if (count > 1) throw new KubectlError(problem);
  let read = 0;
  try {
    for (const document of yamlDocuments(rest)) {
      read += 1;
      yield document;
    }
  } catch (error) {
    throw read === 0 ? new KubectlError(problem) : error;
  }
}

function jsonProblem(text: string): string {
  const problem = jsonSyntaxError(text);
  if (problem === "unexpected end of JSON input") return "unexpected EOF";
  return `json: offset ${jsonErrorOffset(text)}: ${problem}`;
}

/** Bytes that Go's scanner had read when it gave up: up to and with the character that didn't fit. */
function jsonErrorOffset(text: string): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (jsonSyntaxError(text.slice(0, middle)) === "unexpected end of JSON input") low = middle + 1;
    else high = middle;
  }
  return new TextEncoder().encode(text.slice(0, low)).length;
}

function tryJson(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Where the first JSON value ends; undefined when it doesn't. */
function jsonValueEnd(text: string): number | "empty" | undefined {
  let at = text.search(/\S/);
  if (at < 0) return "empty";
  if (text[at] !== "{" && text[at] !== "[") return undefined;
  let depth = 0;
  for (; at < text.length; at += 1) {
    const c = text[at];
    if (c === '"') {
      at = stringEnd(text, at);
      continue;
    }
    if (c === "{" || c === "[") depth += 1;
    if (c === "}" || c === "]") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function* yamlDocuments(text: string): Generator<InputDocument> {
  let buffer = "";
  for (const line of text.split(/(?<=\n)/)) {
    if (!line.startsWith("---")) {
      buffer += line;
      continue;
    }
    const behind = line.slice(3).trim();
    if (behind !== "" && !behind.startsWith("#")) throw new KubectlError(`invalid Yaml document separator: ${behind}`);
    if (buffer !== "") yield* yamlDocument(buffer);
    buffer = "";
  }
  if (buffer !== "") yield* yamlDocument(buffer);
}

function* yamlDocument(text: string): Generator<InputDocument> {
  let value: unknown;
  try {
    ({ value } = parseYaml(text));
  } catch (error) {
    throw new KubectlError(textOf(error));
  }
  if (value !== null && value !== undefined) yield { value, raw: goJson(value) };
}

/** UTF-8, or UTF-16 where its mark is in front. */
function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return new TextDecoder().decode(bytes);
}
