/**
 * Flags that verbs which write have in common, and what their values mean.
 * Upstream: kubectl/pkg/cmd/util/helpers.go, cli-runtime/pkg/genericclioptions/print_flags.go
 */
import type { Call } from "../command.ts";
import { KubectlError, usageError } from "../errors.ts";
import { bool, type Flag, type FlagTable, text } from "../flags.ts";
import { parseBool } from "../flagText.ts";
import { goQuote } from "../../schema/scalars/goText.ts";

export const printFlags: {
  readonly "allow-missing-template-keys": Flag<boolean>;
  readonly output: Flag<string>;
  readonly "show-managed-fields": Flag<boolean>;
  readonly template: Flag<string>;
} = {
  "allow-missing-template-keys": bool({ initial: true }),
  output: text({ short: "o" }),
  "show-managed-fields": bool(),
  template: text(),
};

export const dryRunFlag: { readonly "dry-run": Flag<string> } = { "dry-run": text({ initial: "none", bare: "unchanged" }) };
export const validateFlag: { readonly validate: Flag<string> } = { validate: text({ initial: "strict", bare: "strict" }) };
export const saveConfigFlag: { readonly "save-config": Flag<boolean> } = { "save-config": bool() };
export const selectorFlag: { readonly selector: Flag<string> } = { selector: text({ short: "l" }) };
export const recordFlag: { readonly record: Flag<boolean> } = {
  record: bool({ deprecated: "--record will be removed in the future" }),
};
export const overrideFlags: { readonly overrides: Flag<string>; readonly "override-type": Flag<string> } = {
  overrides: text(),
  "override-type": text({ initial: "merge" }),
};

export function fieldManagerFlag(name: string): { readonly "field-manager": Flag<string> } {
  return { "field-manager": text({ initial: name }) };
}

export type DryRun = "none" | "client" | "server";

export function dryRunOf(flags: { readonly "dry-run": string }): DryRun {
  const value = flags["dry-run"];
  const parsed = parseBool(value);
  if ("value" in parsed) return parsed.value ? "client" : "none";
  if (value === "unchanged" || value === "client") return "client";
  if (value === "server" || value === "none") return value;
  throw new KubectlError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

/** As the query parameter `fieldValidation` takes it. */
export function fieldValidationOf(flags: { readonly validate: string }): "Strict" | "Warn" | "Ignore" {
  const parsed = parseBool(flags.validate);
  if ("value" in parsed) return parsed.value ? "Strict" : "Ignore";
  if (flags.validate === "strict") return "Strict";
  if (flags.validate === "warn") return "Warn";
  if (flags.validate === "ignore") return "Ignore";
  throw new KubectlError(`invalid - validate option ${goQuote(flags.validate)}; must be one of: strict (or true), warn, ignore (or false)`);
}

/** cobra's refusal where flags that must be given weren't; `names` in the order of the alphabet. */
export function requireFlags<F extends FlagTable>(call: Call<F>, ...names: readonly (keyof F & string)[]): void {
  const missing = names.filter((name) => !call.changed(name));
  if (missing.length > 0) throw new KubectlError(`required flag(s) ${missing.map((name) => `"${name}"`).join(", ")} not set`);
}

/** The one NAME before `--`. */
export function nameArgument<F extends FlagTable>(call: Call<F>): string {
  const count = call.dashAt === -1 ? call.args.length : call.dashAt;
  if (count !== 1) throw usageError(call.path, `exactly one NAME is required, got ${count}`);
  return call.args[0] ?? "";
}

/** Refuses any argument. */
export function refuseArguments<F extends FlagTable>({ args, path }: Call<F>): void {
  if (args.length > 0) throw usageError(path, `Unexpected args: [${args.join(" ")}]`);
}

/** Throws the message as a KubectlError where the condition holds. */
export function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new KubectlError(message);
}
