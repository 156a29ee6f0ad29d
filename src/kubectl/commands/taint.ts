/** `kubectl taint`. Upstream: kubectl/pkg/cmd/taint */
import { labelKeyProblems, labelValueProblems } from "../../machinery/names.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Taint } from "../../schema/shapes/core.v1.ts";
import { verb, type Verb } from "../command.ts";
import { Failures, KubectlError, textOf, usageError } from "../errors.ts";
import { bool } from "../flags.ts";
import { Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { changesOf } from "../writing/change.ts";
import { dryRunFlag, dryRunOf, fieldManagerFlag, fieldValidationOf, printFlags, selectorFlag, validateFlag } from "../writing/flags.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import type { MappedInfo } from "../writing/waiting.ts";

export const taint: Verb = verb({
  name: "taint",
  flags: {
    ...printFlags,
    ...dryRunFlag,
    ...validateFlag,
    ...selectorFlag,
    ...fieldManagerFlag("kubectl-taint"),
    all: bool(),
    overwrite: bool(),
  },
  async run(call) {
    const { flags, session } = call;
    await session.config();
    const { name: namespace } = await session.namespace();
    const dryRun = dryRunOf(flags);
    const fieldValidation = fieldValidationOf(flags);
    const { resources, words } = splitTaints(call.args);
    if (resources.length === 0) throw new KubectlError("one or more resources must be specified as <resource> <name>");
    if (words.length === 0) throw new KubectlError("at least one taint update is required");
    let wish: TaintWish;
    try {
      wish = parseTaints(words);
    } catch (error) {
      throw usageError(call.path, textOf(error));
    }
    const [type = "", ...names] = resources;
    if ((await session.mapper()).forArgument(type.toLowerCase()).kind !== "Node") {
      throw new KubectlError(`invalid resource type ${type.toLowerCase()}, only node types are supported`);
    }
    refuseContradictions(wish);
    if (flags.all && flags.selector !== "") throw new KubectlError("setting 'all' parameter with a non empty selector is prohibited");
    if (!flags.all && flags.selector === "" && names.length === 0) {
      throw new KubectlError("at least one resource name must be specified since 'all' parameter is not set");
    }
    const print = await resultPrinter(session, flags, { form: "typed" });
    const selection = await select(session, {
      namespace,
      flatten: true,
      latest: true,
      continueOnError: true,
      ...(flags.all || flags.selector !== ""
        ? { args: ["node"], labelSelector: flags.selector, selectAll: flags.all }
        : { names: { type: "node", names } }),
    });
    await selection.visit(async (loaded) => {
      let operation = "";
      const [change] = changesOf([loaded], (object) => {
        const spec = (object["spec"] ??= {}) as { taints?: Taint[] };
        const result = taintsAfter(spec.taints ?? [], wish, { overwrite: flags.overwrite, node: loaded.name });
        spec.taints = [...result.taints];
        operation = result.operation;
      });
      if (change === undefined) return;
      if (change.problem !== undefined) throw change.problem;
      const info = change.info as typeof loaded & MappedInfo;
      if (dryRun === "client") return print(info.object, operation);
      const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"], fieldValidation };
      print(
        await new Requests(await session.api()).patch(info.mapping, info, { type: "strategic", body: change.patch }, options),
        operation,
      );
    });
  },
});

function splitTaints(args: readonly string[]): { readonly resources: string[]; readonly words: string[] } {
  const resources: string[] = [];
  const words: string[] = [];
  for (const word of args) {
    if (word.includes("=") || word.includes(":") || word.endsWith("-")) words.push(word);
    else if (words.length > 0) throw new KubectlError(`all resources must be specified before taint changes: ${word}`);
    else resources.push(word);
  }
  return { resources, words };
}

export interface TaintWish {
  readonly added: readonly Taint[];
  /** An empty effect means all of the key's. */
  readonly removed: readonly Taint[];
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function parseTaints(words: readonly string[]): TaintWish {
  const added: Taint[] = [];
  const removed: Taint[] = [];
  for (const word of words) {
    if (word.endsWith("-")) {
      const { key, effect } = parseTaint(word.slice(0, -1));
      removed.push({ key, effect });
      continue;
    }
    const one = parseTaint(word);
    if (one.effect === "") throw new KubectlError(`invalid taint spec: ${word}`);
    if (added.some(({ key, effect }) => key === one.key && effect === one.effect)) {
      throw new KubectlError(`duplicated taints with the same key and effect: {${one.key} ${one.value ?? ""} ${one.effect} <nil>}`);
    }
    added.push(one);
  }
  return { added, removed };
}

function parseTaint(word: string): Taint {
  const invalid = (reason = ""): KubectlError => new KubectlError(`invalid taint spec: ${word}${reason === "" ? "" : `, ${reason}`}`);
  const [left = "", effect = "", ...more] = word.split(":");
  if (more.length > 0) throw invalid();
  let key = left;
  let value = "";
  if (word.includes(":")) {
    if (!effects.includes(effect)) throw new KubectlError(`invalid taint effect: ${effect}, unsupported taint effect`);
    const parts = left.split("=");
    if (parts.length > 2) throw invalid();
    [key = "", value = ""] = parts;
    const problems = labelValueProblems(value);
    if (problems.length > 0) throw invalid(problems.join("; "));
  }
  const problems = labelKeyProblems(key);
  if (problems.length > 0) throw invalid(problems.join("; "));
  return { key, ...(value === "" ? {} : { value }), effect };
}

function refuseContradictions({ added, removed }: TaintWish): void {
  const both = added.flatMap((one) => removed.filter(({ key, effect }) => key === one.key && (effect === "" || effect === one.effect)));
  if (both.length === 0) return;
  const told = both.map(({ key, effect }) => `${key}=${effect}`).join(", ");
  throw new KubectlError(`can not both modify and remove the following taint(s) in the same command: ${told}`);
}

const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

export function taintsAfter(
  former: readonly Taint[],
  { added, removed }: TaintWish,
  { overwrite, node }: { readonly overwrite: boolean; readonly node: string },
): { readonly taints: readonly Taint[]; readonly operation: string } {
  const existing = added.filter((one) => former.some((known) => same(one, known))).map(({ key }) => key);
  if (!overwrite && existing.length > 0) {
    throw new KubectlError(`node ${node} already has ${existing.join(",")} taint(s) with same effect(s) and --overwrite is false`);
  }
  let taints = [...added, ...former.filter((known) => !added.some((one) => same(one, known)))];
  const grew = former.length !== taints.length;
  const problems: KubectlError[] = [];
  let shrank = false;
  for (const one of removed) {
    const left = taints.filter((known) => (one.effect === "" ? known.key !== one.key : !same(one, known)));
    shrank = left.length !== taints.length;
    if (!shrank) problems.push(new KubectlError(`taint ${goQuote(one.effect === "" ? one.key : `${one.key}:${one.effect}`)} not found`));
    taints = left;
  }
  if (problems.length > 0) throw new Failures(problems);
  if ((grew && shrank) || overwrite) return { taints, operation: "modified" };
  return { taints, operation: grew ? "tainted" : "untainted" };
}
