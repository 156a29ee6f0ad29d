/** A template that can't be read: `template: output:1: unclosed action`. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly detail: string | undefined;
  constructor(problem: string, input: string, at: number, detail?: string) {
    super(`template: output:${lineOf(input, at)}: ${problem}`);
    this.detail = detail;
  }
}

export function lineOf(input: string, at: number): number {
  return input.slice(0, at).split("\n").length;
}

/** Ends a run: what Go's template engine says of a failed execution. */
export class ExecError extends Error {
  override readonly name = "ExecError";
}
