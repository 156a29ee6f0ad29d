/**
 * How a failed command is told on stderr and which exit code it gives. Errors of the server keep their Status; everything else is a
 * sentence. Upstream: staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go (checkErr), apimachinery/pkg/util/errors
 */
import { isApiError, type ApiError } from "../machinery/status.ts";
import { goQuote } from "../schema/scalars/goText.ts";
import { ConnectError } from "./host.ts";

/** A command's failure in one sentence: `error: ...`, exit code 1. */
export class KubectlError extends Error {
  override readonly name = "KubectlError";
}

/** Ends the command with an exit code; the message, where there is one, is printed as it stands. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly code: number;
  constructor(code: number, message = "") {
    super(message);
    this.code = code;
  }
}

/** Several failures, told one a line. */
export class Failures extends Error {
  override readonly name = "Failures";
  readonly errors: readonly unknown[];
  constructor(errors: readonly unknown[]) {
    super(aggregateText(errors));
    this.errors = errors;
  }
}

/** No answer from the server. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly url: string;
  readonly method: string;
  override readonly cause: ConnectError;
  constructor(method: string, url: string, cause: ConnectError) {
    super(`${method[0]}${method.slice(1).toLowerCase()} ${goQuote(url)}: ${cause.message}`);
    this.method = method;
    this.url = url;
    this.cause = cause;
  }
}

/** The kubeconfig contradicts itself. */
export class InvalidConfiguration extends Error {
  override readonly name = "InvalidConfiguration";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`invalid configuration: ${aggregateText(problems.map((problem) => new Error(problem)))}`);
    this.problems = problems;
  }
}

/** A resource that the server doesn't serve; parts are empty where the user gave none. */
export class NoResourceMatch extends Error {
  override readonly name = "NoResourceMatch";
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  constructor(resource: NoResourceMatch["resource"]) {
    super(`no matches for ${resource.group}/${resource.version}, Resource=${resource.resource}`);
    this.resource = resource;
  }
}

/** A kind that the server doesn't serve. */
export class NoKindMatch extends Error {
  override readonly name = "NoKindMatch";
  constructor(kind: string, group: string, versions: readonly string[]) {
    const wanted = versions.filter((version) => version !== "").map((version) => (group === "" ? version : `${group}/${version}`));
    const groupKind = group === "" ? kind : `${kind}.${group}`;
    if (wanted.length === 0) super(`no matches for kind ${goQuote(kind)} in group ${goQuote(group)}`);
    else if (wanted.length === 1) super(`no matches for kind ${goQuote(kind)} in version ${goQuote(wanted[0] ?? "")}`);
    else super(`no matches for kind ${goQuote(groupKind)} in versions [${wanted.map(goQuote).join(" ")}]`);
  }
}

/** What a wrong use of a verb is told: `MESSAGE\nSee 'kubectl get -h' for help and examples`. */
export function usageError(path: string, message: string): KubectlError {
  return new KubectlError(`${message}\nSee '${path} -h' for help and examples`);
}

/** Throws what `errors` come to: nothing, the one, or all as Failures. */
export function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new Failures(errors);
}

/** As Go's aggregate prints: one as it is, several without repeats in brackets. */
export function aggregateText(errors: readonly unknown[]): string {
  const texts = [...new Set(flatten(errors).map(textOf))];
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

function flatten(errors: readonly unknown[]): unknown[] {
  return errors.flatMap((error) => (error instanceof Failures ? flatten(error.errors) : [error]));
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export interface Told {
  /** With its line break; empty: nothing is said. */
  readonly text: string;
  readonly code: number;
}

/** What stderr and the exit code say of it; undefined when it is no failure that a user can meet (our bug). */
export function tell(thrown: unknown): Told {
  const error = thrown instanceof Failures && thrown.errors.length === 1 ? thrown.errors[0] : thrown;
  if (error instanceof ExitError) return { text: line(error.message), code: error.code };
  if (isApiError(error, "Invalid")) return { text: line(invalidText(error)), code: 1 };
  if (error instanceof InvalidConfiguration) return { text: line(multiline("Error in configuration: ", error.problems)), code: 1 };
  if (error instanceof NoResourceMatch) return { text: line(noResourceText(error)), code: 1 };
  if (error instanceof Failures) return { text: error.errors.map((one) => `${standardText(one) ?? textOf(one)}\n`).join(""), code: 1 };
  const standard = standardText(error);
  if (standard !== undefined) return { text: line(standard), code: 1 };
  const message = textOf(error);
  return { text: line(message.startsWith("error: ") ? message : `error: ${message}`), code: 1 };
}

function line(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** The words for errors of the server and of the way to it; undefined for others. */
export function standardText(error: unknown): string | undefined {
  if (isApiError(error)) {
    if (error.reason === "Unauthorized") return `error: You must be logged in to the server (${error.message})`;
    return error.reason === "" ? `Error from server: ${error.message}` : `Error from server (${error.reason}): ${error.message}`;
  }
  if (error instanceof NoAnswer) {
    if (error.cause.message.includes("connection refused")) {
      return `The connection to the server ${new URL(error.url).host} was refused - did you specify the right host or port?`;
    }
    return `Unable to connect to the server: ${error.cause.message}`;
  }
  return undefined;
}

function invalidText(error: ApiError): string {
  const { details, message = "" } = error.status;
  if (details === undefined) return message === "" ? "The request is invalid" : `The request is invalid: ${message}`;
  const causes = details.causes ?? [];
  let text = "The request is invalid";
  if ((details.kind ?? "") !== "" || (details.name ?? "") !== "")
    text = `The ${details.kind ?? ""} ${goQuote(details.name ?? "")} is invalid`;
  else if (message !== "" && causes.length === 0) text += `: ${message}`;
  if (causes.length === 0) return text;
  return multiline(`${text}: `, [...new Set(causes.map((cause) => `${cause.field ?? ""}: ${cause.message ?? ""}`))]);
}

function multiline(prefix: string, texts: readonly string[]): string {
  return texts.length === 1 ? `${prefix}${texts[0]}\n` : `${prefix}\n${texts.map((text) => `* ${text}\n`).join("")}`;
}

function noResourceText({ resource: { group, version, resource } }: NoResourceMatch): string {
  const base = `the server doesn't have a resource type ${goQuote(resource)}`;
  if (group !== "" && version !== "") return `${base} in group ${goQuote(group)} and version ${goQuote(version)}`;
  if (group !== "") return `${base} in group ${goQuote(group)}`;
  return version === "" ? base : `${base} in version ${goQuote(version)}`;
}

/** The same failure with where its object came from; as `creating`, `deploy.yaml`. */
export function withSource(verb: string, source: string, error: unknown): unknown {
  if (source === "") return error;
  if (isApiError(error)) {
    const named = error.withHeaders({});
    named.status.message = `error when ${verb} ${goQuote(source)}: ${error.message}`;
    named.message = named.status.message;
    return named;
  }
  return new KubectlError(`error when ${verb} ${goQuote(source)}: ${textOf(error)}`);
}
