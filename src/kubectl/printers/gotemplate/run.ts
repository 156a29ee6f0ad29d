/** Runs a Go template over a JSON value. Upstream: text/template/exec.go */
import { assertNever } from "../../../base/assert.ts";
import { goNumber, goSprint, sortedEntries } from "../goValue.ts";
import { callFunction, goType, isTrue } from "./functions.ts";
import { type Command, type Expression, type Node, parseTemplate, type Pipeline, type Template } from "./parse.ts";
import { ExecError, lineOf } from "./templateError.ts";

export interface RunOptions {
  /** False: a key that isn't there is an error. */
  readonly allowMissingKeys: boolean;
}

export class GoTemplate {
  private readonly template: Template;
  private readonly options: RunOptions;

  /** Throws TemplateError. */
  constructor(text: string, options: RunOptions) {
    this.template = parseTemplate(text);
    this.options = options;
  }

  /** `out` gets the text piece by piece, also what came before a failure. Throws ExecError. */
  run(data: unknown, out: (text: string) => void): void {
    new Runner(this.template, this.options, out).root(data);
  }
}

const maxDepth = 1000;

/** Leaves the body of a range. */
class Stop extends Error {
  readonly how: "break" | "continue";
  constructor(how: "break" | "continue") {
    super(how);
    this.how = how;
  }
}

interface Variable {
  readonly name: string;
  value: unknown;
}

class Runner {
  private readonly template: Template;
  private readonly options: RunOptions;
  private readonly out: (text: string) => void;
  private variables: Variable[] = [];
  private name = "output";
  private depth = 0;

  constructor(template: Template, options: RunOptions, out: (text: string) => void) {
    this.template = template;
    this.options = options;
    this.out = out;
  }

  root(data: unknown): void {
    this.variables = [{ name: "$", value: data }];
    this.nodes(this.template.root, data);
  }

  private nodes(nodes: readonly Node[], dot: unknown): void {
    for (const node of nodes) this.node(node, dot);
  }

  private node(node: Node, dot: unknown): void {
    switch (node.type) {
      case "text":
        return this.out(node.text);
      case "action": {
        const value = this.pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.out(printed(value));
        return undefined;
      }
      case "if":
      case "with":
        return this.branch(node, dot);
      case "range":
        return this.range(node, dot);
      case "template":
        return this.call(node, dot);
      case "break":
      case "continue":
        throw new Stop(node.type);
    }
  }

  private branch(node: Node & { type: "if" | "with" | "range" }, dot: unknown): void {
    this.scoped(() => {
      const value = this.pipeline(node.pipeline, dot);
      if (isTrue(value)) this.nodes(node.body, node.type === "with" ? value : dot);
      else this.nodes(node.otherwise, dot);
    });
  }

  private range(node: Node & { type: "if" | "with" | "range" }, dot: unknown): void {
    this.scoped(() => {
      const value = this.pipeline({ ...node.pipeline, variables: [] }, dot);
      const entries = this.entriesOf(value, node.pipeline);
      if (entries.length === 0) return this.nodes(node.otherwise, dot);
      for (const [key, item] of entries) {
        try {
          this.scoped(() => {
            this.setLoopVariables(node.pipeline, key, item);
            this.nodes(node.body, item);
          });
        } catch (error) {
          if (!(error instanceof Stop)) throw error;
          if (error.how === "break") return undefined;
        }
      }
      return undefined;
    });
  }

  private entriesOf(value: unknown, pipeline: Pipeline): readonly (readonly [key: unknown, item: unknown])[] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return [...(value as unknown[]).entries()];
    if (typeof value === "object") return sortedEntries(value as Record<string, unknown>);
    if (typeof value === "number" && Number.isInteger(value)) return Array.from({ length: Math.max(0, value) }, (_, at) => [at, at]);
    const last = pipeline.commands.at(-1)?.operands[0];
    throw this.failure(last?.at ?? pipeline.at, pipelineText(pipeline, this.template.input), `range can't iterate over ${goSprint(value)}`);
  }

  private setLoopVariables({ variables, declares }: Pipeline, key: unknown, item: unknown): void {
    const [first, second] = variables;
    const pairs: [string, unknown][] =
      second !== undefined && first !== undefined
        ? [
            [first, key],
            [second, item],
          ]
        : first === undefined
          ? []
          : [[first, item]];
    for (const [name, value] of pairs) {
      if (declares) this.variables.push({ name, value });
      else this.assign(name, value);
    }
  }

  private call(node: Node & { type: "template" }, dot: unknown): void {
    const body = this.template.named.get(node.name);
    if (body === undefined)
      throw this.failure(node.at, `{{template ${JSON.stringify(node.name)}}}`, `template ${JSON.stringify(node.name)} not defined`);
    if (this.depth >= maxDepth) throw new ExecError(`template: ${this.name}: exceeded maximum template depth (${maxDepth})`);
    const data = node.pipeline === undefined ? undefined : this.pipeline(node.pipeline, dot);
    const outer = { variables: this.variables, name: this.name };
    this.variables = [{ name: "$", value: data }];
    this.name = node.name;
    this.depth += 1;
    this.nodes(body, data);
    this.depth -= 1;
    this.variables = outer.variables;
    this.name = outer.name;
  }

  private scoped(action: () => void): void {
    const { length } = this.variables;
    try {
      action();
    } finally {
      this.variables.length = Math.min(length, this.variables.length);
    }
  }

  private pipeline(pipeline: Pipeline, dot: unknown): unknown {
    let value: unknown;
    pipeline.commands.forEach((command, at) => {
      value = this.command(command, dot, at === 0 ? [] : [value]);
    });
    for (const name of pipeline.variables) {
      if (pipeline.declares) this.variables.push({ name, value });
      else this.assign(name, value);
    }
    return value;
  }

  private assign(name: string, value: unknown): void {
    const found = this.variables.findLast((variable) => variable.name === name);
    if (found === undefined) throw new ExecError(`undefined variable: ${name}`);
    found.value = value;
  }

  private command({ operands, at }: Command, dot: unknown, piped: readonly unknown[]): unknown {
    const [first, ...rest] = operands;
    if (first === undefined) return undefined;
    if (first.type === "function") return this.apply(first, rest, { dot, piped });
    if (rest.length > 0 || piped.length > 0) {
      const text = this.template.input.slice(at, first.at + 1);
      if (first.type === "field" || first.type === "variable" || first.type === "chain") {
        const name = first.names.at(-1) ?? "";
        throw this.failure(first.at, expressionText(first, this.template.input), `${name} is not a method but has arguments`);
      }
      throw this.failure(first.at, text, `can't give argument to non-function ${expressionText(first, this.template.input)}`);
    }
    if (first.type === "nil") throw this.failure(first.at, "nil", "nil is not a command");
    return this.value(first, dot);
  }

  private apply(
    called: Expression & { type: "function" },
    rest: readonly Expression[],
    { dot, piped }: { dot: unknown; piped: readonly unknown[] },
  ): unknown {
    if (called.name === "and" || called.name === "or") return this.shortCircuit(called.name, rest, { dot, piped });
    const args = [...rest.map((operand) => this.value(operand, dot)), ...piped];
    try {
      const types = args.map((arg, at) => typeOf(rest[at], arg));
      return callFunction(called.name, args, types);
    } catch (error) {
      if (!(error instanceof ExecError)) throw error;
      const last = rest.at(-1);
      const text =
        last === undefined ? called.name : this.template.input.slice(called.at, last.at + expressionText(last, this.template.input).length);
      throw this.failure(called.at, error.message.startsWith("error calling") ? text : called.name, error.message);
    }
  }

  private shortCircuit(
    name: "and" | "or",
    rest: readonly Expression[],
    { dot, piped }: { dot: unknown; piped: readonly unknown[] },
  ): unknown {
    let value: unknown;
    for (const operand of rest) {
      value = this.value(operand, dot);
      if (isTrue(value) === (name === "or")) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  private value(expression: Expression, dot: unknown): unknown {
    switch (expression.type) {
      case "dot":
        return dot;
      case "nil":
        return null;
      case "literal":
        return expression.value;
      case "field":
        return this.fields(dot, expression.names, expression);
      case "variable": {
        const found = this.variables.findLast(({ name }) => name === expression.name);
        return this.fields(found?.value, expression.names, expression);
      }
      case "chain":
        return this.fields(this.pipeline(expression.inner, dot), expression.names, expression);
      case "function":
        return this.apply(expression, [], { dot, piped: [] });
      default:
        return assertNever(expression);
    }
  }

  private fields(start: unknown, names: readonly string[], expression: Expression): unknown {
    let value = start;
    for (const name of names) value = this.field(value, name, expression);
    return value;
  }

  private field(value: unknown, name: string, expression: Expression): unknown {
    const text = expressionText(expression, this.template.input);
    if (value === undefined) {
      if (this.options.allowMissingKeys) return undefined;
      throw this.failure(expression.at, text, `nil data; no entry for key ${JSON.stringify(name)}`);
    }
    if (value === null) throw this.failure(expression.at, text, `nil pointer evaluating interface {}.${name}`);
    if (typeof value !== "object" || Array.isArray(value)) {
      throw this.failure(
        expression.at,
        text,
        `can't evaluate field ${name} in type ${Array.isArray(value) ? goType(value) : "interface {}"}`,
      );
    }
    if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
    if (this.options.allowMissingKeys) return undefined;
    throw this.failure(expression.at, text, `map has no entry for key ${JSON.stringify(name)}`);
  }

  private failure(at: number, where: string, problem: string): ExecError {
    const { input } = this.template;
    const column = new TextEncoder().encode(input.slice(input.lastIndexOf("\n", at - 1) + 1, at)).length;
    const shown = where.length > 20 ? `${where.slice(0, 20)}...` : where;
    return new ExecError(
      `template: output:${lineOf(input, at)}:${column}: executing ${JSON.stringify(this.name)} at <${shown}>: ${problem}`,
    );
  }
}

function typeOf(operand: Expression | undefined, value: unknown): string {
  if (operand?.type === "literal" && typeof value === "number") return operand.isFloat === true ? "float64" : "int";
  return goType(value);
}

function printed(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  return typeof value === "number" ? goNumber(value) : goSprint(value);
}

function expressionText(expression: Expression, input: string): string {
  switch (expression.type) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "literal":
      return expression.text;
    case "field":
      return `.${expression.names.join(".")}`;
    case "variable":
      return [expression.name, ...expression.names].join(".");
    case "function":
      return expression.name;
    case "chain":
      return `(${pipelineText(expression.inner, input)})${expression.names.map((name) => `.${name}`).join("")}`;
    default:
      return assertNever(expression);
  }
}

function pipelineText({ commands }: Pipeline, input: string): string {
  return commands.map(({ operands }) => operands.map((operand) => expressionText(operand, input)).join(" ")).join(" | ");
}
