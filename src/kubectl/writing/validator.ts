/** What is checked of a document before it is sent; fields are the server's to check. Upstream: cli-runtime/pkg/resource/fallback_query_param_verifier.go */
import { Failures, KubectlError, textOf } from "../errors.ts";

const hint = "if you choose to ignore these errors, turn validation off with --validate=false";

/** For select(); undefined where nothing is to be checked. */
export function validatorFor(fieldValidation: "Strict" | "Warn" | "Ignore"): ((value: unknown) => Promise<void>) | undefined {
  if (fieldValidation === "Ignore") return undefined;
  return (value) => {
    try {
      checkKind(value);
    } catch (error) {
      return Promise.reject(new KubectlError(`error validating data: ${textOf(error)}; ${hint}`));
    }
    return Promise.resolve();
  };
}

function checkKind(value: unknown): void {
  const problems: Error[] = [];
  const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  for (const field of ["apiVersion", "kind"]) {
    if (fields[field] === undefined || fields[field] === null) problems.push(new KubectlError(`${field} not set`));
    else if (typeof fields[field] !== "string") problems.push(new KubectlError(`${field} isn't string type`));
  }
  if (problems.length > 0) throw new Failures(problems);
}
