/** The command line of `cox rehearse` as a request: checked, with its defaults. */
import type { Command, CommandInput, OptionSpec } from "../command.ts";
import { UsageError } from "../command.ts";
import type { AnswerSource, LoadSpec, VersionSource } from "../../rehearsal/ports/load.ts";
import { type ImageChange, parseImageChange } from "../../rehearsal/plan.ts";
import type { Bounds } from "../../rehearsal/rehearse.ts";
import { isStrategyName, type StrategyName, strategyNames } from "../../rehearsal/strategies.ts";
import { type Limits, parseDuration } from "../../rehearsal/thresholds.ts";
import { manifestsOf } from "./manifestFiles.ts";
import type { ManifestObject } from "../../rehearsal/manifests.ts";
import { parsePropagation, type PropagationProfile } from "../../proxy/propagation.ts";
import { parseVersionSource } from "../../rehearsal/versions.ts";

const defaultNodes = "3";
const defaultProfile = "typical";

export const rehearseOptions: Command["options"] = {
  filename: {
    type: "string",
    short: "f",
    multiple: true,
    value: "PATH",
    help: "what stands before the change: files, folders, or - for standard input",
  },
  apply: { type: "string", multiple: true, value: "PATH", help: "the change: manifests that are applied over it" },
  "set-image": { type: "string", value: "deployment/NAME", help: "the change: new images, as CONTAINER=IMAGE after it" },
  strategy: { type: "string", value: "NAME", help: `how the images are changed: ${strategyNames.join(", ")}` },
  compare: { type: "string", value: "NAMES", help: "several strategies, one after the other, and a table of them" },
  service: { type: "string", value: "NAME", help: "the Service that the requests go to (default: the only one)" },
  namespace: { type: "string", short: "n", value: "NAMESPACE", help: "where the objects live" },
  context: { type: "string", value: "NAME", help: "a cluster that runs already; else one is started for this, and removed" },
  nodes: { type: "string", value: "N", help: `nodes of the cluster that is started (default ${defaultNodes})` },
  rate: { type: "string", value: "N", default: "200", help: "requests a second" },
  arrivals: { type: "string", value: "constant|poisson", default: "constant", help: "how they are spread" },
  method: { type: "string", value: "METHOD", default: "GET", help: "of the requests" },
  path: { type: "string", value: "PATH", default: "/", help: "of the requests" },
  header: { type: "string", short: "H", multiple: true, value: "'NAME: VALUE'", help: "of the requests" },
  body: { type: "string", value: "TEXT", help: "of the requests" },
  "keep-alive": { type: "string", value: "N", default: "0", help: "kept-alive connections; 0: a new one for each request" },
  http2: { type: "boolean", help: "speak HTTP/2: without TLS by prior knowledge, with TLS by ALPN" },
  https: { type: "boolean", help: "speak TLS (default: for ports 443 and 8443 and those named https); certificates aren't checked" },
  port: { type: "string", value: "PORT", help: "the Service's port, by number or name (default: the first)" },
  timeout: { type: "string", value: "DURATION", default: "5s", help: "an answer that takes longer counts as failed" },
  from: {
    type: "string",
    value: "outside|pod|pod-ip",
    default: "outside",
    help: "where requests come from: outside, or a pod that uses the Service's name, or its address",
  },
  "version-from": {
    type: "string",
    value: "SOURCE",
    default: "image",
    help: "what tells versions apart: image, label:NAME of the pod, header:NAME or json:.PATH of the answer",
  },
  "pod-from": {
    type: "string",
    value: "SOURCE",
    help: "what names the pod where the cluster can't tell: header:NAME or json:.PATH of the answer",
  },
  propagation: {
    type: "string",
    value: "PROFILE",
    help: "how late nodes learn of endpoints: instant, typical (the default), slow, 2s, or p50=500ms,p99=3s",
  },
  rollback: { type: "boolean", help: "take the way back too, and time it" },
  "try-fixes": { type: "boolean", help: "rehearse again with the fixes that were found" },
  simulate: { type: "boolean", help: "in virtual time, without a cluster" },
  seed: { type: "string", value: "N", default: "1", help: "of everything random" },
  "max-failed": { type: "string", value: "N", help: "exit code 1 when more requests fail" },
  "max-p99": { type: "string", value: "DURATION", help: "... when the 99th percentile is above it" },
  "max-mixed-time": { type: "string", value: "DURATION", help: "... when two versions answer for longer" },
  "max-extra-pods": { type: "string", value: "N", help: "... when more pods exist beyond the usual number" },
  report: { type: "string", value: "FILE", help: "write the report as a page" },
  json: { type: "string", value: "FILE", help: "... as JSON" },
  junit: { type: "string", value: "FILE", help: "... as JUnit XML" },
  ledger: { type: "string", value: "FILE", help: "... the row of each request (.jsonl.gz), and the timeline beside it" },
  "warm-up": { type: "string", value: "DURATION", default: "3s", help: "load before the change" },
  settle: { type: "string", value: "DURATION", default: "3s", help: "load after it, at the least" },
  hold: { type: "string", value: "DURATION", default: "5s", help: "how long each stage of a canary is watched" },
  "ready-timeout": { type: "string", value: "DURATION", default: "2m", help: "for what stands before to serve" },
  "change-timeout": { type: "string", value: "DURATION", default: "5m", help: "for the change" },
} satisfies Record<string, OptionSpec>;

export interface RehearseRequest {
  /** What stands before the change. */
  readonly before: readonly ManifestObject[];
  readonly change:
    | { readonly type: "apply"; readonly after: readonly ManifestObject[] }
    | {
        readonly type: "setImage";
        readonly image: ImageChange;
        readonly strategies: readonly StrategyName[];
      };
  readonly service: string | undefined;
  readonly namespace: string | undefined;
  readonly context: string | undefined;
  readonly nodes: string;
  readonly load: LoadSpec;
  readonly secure: boolean | undefined;
  readonly port: string | undefined;
  readonly from: "outside" | "pod" | "pod-ip";
  readonly propagation: {
    readonly name: string;
    readonly profile: PropagationProfile;
    /** It was asked for, and is not just the default. */
    readonly given: boolean;
  };
  readonly rollback: boolean;
  readonly tryFixes: boolean;
  readonly simulate: boolean;
  readonly limits: Limits;
  readonly bounds: Bounds;
  readonly holdSeconds: number;
  readonly files: Files;
}

export interface Files {
  readonly report: string | undefined;
  readonly json: string | undefined;
  readonly junit: string | undefined;
  readonly ledger: string | undefined;
}

type Input = Pick<CommandInput, "text" | "texts" | "flag" | "operands">;

const maxRate = 100_000;
const maxKeptAlive = 10_000;

/** Reads the manifests, too: standard input can be read only once. Throws UsageError; RehearsalError or CommandError for the manifests. */
export function readRequest(input: Input): RehearseRequest {
  const read = new Reader(input);
  const namespace = input.text("namespace");
  refuseContradictions(input);
  return {
    service: input.text("service"),
    namespace,
    context: input.text("context"),
    nodes: read.nodes(),
    load: loadOf(input, read),
    secure: input.flag("https") ? true : undefined,
    port: input.text("port"),
    from: read.oneOf("from", ["outside", "pod", "pod-ip"]),
    propagation: propagationOf(input.text("propagation")),
    rollback: input.flag("rollback") || input.text("compare") !== undefined,
    tryFixes: input.flag("try-fixes"),
    simulate: input.flag("simulate"),
    limits: {
      maxFailed: read.count("max-failed"),
      maxP99Ms: read.duration("max-p99"),
      maxMixedMs: read.duration("max-mixed-time"),
      maxExtraPods: read.count("max-extra-pods"),
    },
    bounds: {
      readyMs: read.duration("ready-timeout") ?? 0,
      changeMs: read.duration("change-timeout") ?? 0,
      warmUpMs: read.duration("warm-up") ?? 0,
      settleMs: read.duration("settle") ?? 0,
    },
    holdSeconds: (read.duration("hold") ?? 0) / 1000,
    files: { report: input.text("report"), json: input.text("json"), junit: input.text("junit"), ledger: input.text("ledger") },
    change: changeOf(input),
    before: manifestsOf(input.texts("filename")),
  };
}

/** Options of which one would be without effect. */
function refuseContradictions(input: Input): void {
  if (input.text("context") !== undefined && input.flag("simulate"))
    throw new UsageError("--simulate is done without a cluster: leave out --context.");
  if (input.text("context") !== undefined && input.text("nodes") !== undefined)
    throw new UsageError("--nodes is for a cluster that is started for the rehearsal: leave it out with --context.");
  if ([...input.texts("filename"), ...input.texts("apply")].filter((path) => path === "-").length > 1)
    throw new UsageError("Standard input can be read only once: give '-' to -f or to --apply.");
  if (input.text("strategy") !== undefined && input.text("compare") !== undefined)
    throw new UsageError("Give one strategy with --strategy, or several with --compare.");
}

function changeOf(input: Input): RehearseRequest["change"] {
  const paths = input.texts("apply");
  const target = input.text("set-image");
  const named = input.text("compare") ?? input.text("strategy");
  if (paths.length > 0 === (target !== undefined)) {
    throw new UsageError("Say what the change is: either --apply PATH, or --set-image deployment/NAME CONTAINER=IMAGE.");
  }
  if (input.texts("filename").length === 0) throw new UsageError("Say what stands before the change: -f PATH.");
  if (target === undefined) {
    if (named !== undefined)
      throw new UsageError("Strategies are made for a change of images: give --set-image with --compare and --strategy.");
    if (input.operands.length > 0) throw new UsageError(`What is "${input.operands[0]}" for? Manifests go to -f and --apply.`);
    return { type: "apply", after: manifestsOf(paths) };
  }
  const strategies = (input.text("compare")?.split(",") ?? [named ?? "rolling"]).map((name) => {
    if (!isStrategyName(name)) throw new UsageError(`"${name}" is no strategy: there are ${strategyNames.join(", ")}.`);
    return name;
  });
  const [assignment, more] = input.operands;
  if (more !== undefined) throw new UsageError(`One container's image can be changed, and "${more}" is left over.`);
  const image = parseImageChange(target, assignment);
  if (image === undefined) {
    const given = [target, assignment ?? ""].join(" ").trim();
    throw new UsageError(`Give the image change as 'deployment/NAME CONTAINER=IMAGE', not '${given}'.`);
  }
  return { type: "setImage", image, strategies };
}

function loadOf(input: Input, read: Reader): LoadSpec {
  const rate = read.positive("rate");
  if (rate > maxRate) throw new UsageError(`--rate ${rate}: at most ${maxRate}.`);
  const path = read.required("path");
  if (!path.startsWith("/")) throw new UsageError(`--path ${path}: it must begin with '/'.`);
  return {
    ratePerSecond: rate,
    arrivals: read.oneOf("arrivals", ["constant", "poisson"]),
    method: read.required("method").toUpperCase(),
    path,
    headers: Object.fromEntries(input.texts("header").map(headerOf)),
    body: read.required("body"),
    keepAlive: read.count("keep-alive", maxKeptAlive) ?? 0,
    protocol: input.flag("http2") ? "http/2" : "http/1.1",
    timeoutMs: read.timeout("timeout"),
    seed: read.count("seed") ?? 1,
    version: versionOf(read.required("version-from")),
    pod: podSourceOf(input.text("pod-from")),
  };
}

function headerOf(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  if (colon < 1) throw new UsageError(`-H ${line}: give a header as 'Name: value'.`);
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function versionOf(text: string): VersionSource {
  const source = parseVersionSource(text);
  if (source === undefined) throw new UsageError(`--version-from ${text}: give image, label:NAME, header:NAME or json:.PATH.`);
  return source;
}

function podSourceOf(text: string | undefined): AnswerSource | undefined {
  const source = text === undefined ? undefined : parseVersionSource(text);
  if (source === undefined && text === undefined) return undefined;
  if (source?.from === "header" || source?.from === "json") return source;
  throw new UsageError(`--pod-from ${text}: give header:NAME or json:.PATH.`);
}

function propagationOf(asked: string | undefined): RehearseRequest["propagation"] {
  const name = asked ?? defaultProfile;
  try {
    return { name, profile: parsePropagation(name), given: asked !== undefined };
  } catch (error) {
    throw new UsageError(`--propagation: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

class Reader {
  readonly #input: Input;
  constructor(input: Input) {
    this.#input = input;
  }

  required(option: string): string {
    return this.#input.text(option) ?? "";
  }

  duration(option: string): number | undefined {
    const text = this.#input.text(option);
    if (text === undefined) return undefined;
    const ms = parseDuration(text);
    if (ms === undefined) throw new UsageError(`--${option} ${text}: give a duration such as 500ms, 1.5s or 2m.`);
    return ms;
  }

  timeout(option: string): number {
    const ms = this.duration(option) ?? 0;
    if (ms === 0) throw new UsageError(`--${option} ${this.required(option)}: give a duration above 0.`);
    return ms;
  }

  nodes(): string {
    const text = this.#input.text("nodes") ?? defaultNodes;
    if (!/^0*[1-9]\d*$/.test(text)) throw new UsageError(`--nodes ${text}: give a whole number above 0.`);
    return text;
  }

  count(option: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.#input.text(option);
    if (text === undefined) return undefined;
    if (!/^\d+$/.test(text)) throw new UsageError(`--${option} ${text}: give a whole number.`);
    if (Number(text) > most) throw new UsageError(`--${option} ${text}: at most ${most}.`);
    return Number(text);
  }

  positive(option: string): number {
    const value = Number(this.required(option));
    if (!(value > 0)) throw new UsageError(`--${option} ${this.required(option)}: give a number above 0.`);
    return value;
  }

  oneOf<T extends string>(option: string, values: readonly T[]): T {
    const text = this.required(option);
    const found = values.find((value) => value === text);
    if (found === undefined) throw new UsageError(`--${option} ${text}: give ${values.join(" or ")}.`);
    return found;
  }
}
