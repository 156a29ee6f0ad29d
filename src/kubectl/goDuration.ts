/** Go's durations as command lines write them, with the words of its refusals. Upstream: Go's time.ParseDuration. */
import { goQuote } from "../schema/scalars/goText.ts";
import { parseGoDuration } from "../machinery/time.ts";

export { parseGoDuration };

/** Why it is no duration; undefined when it is one. */
export function goDurationProblem(text: string): string | undefined {
  if (parseGoDuration(text) !== undefined) return undefined;
  const invalid = `time: invalid duration ${goQuote(text)}`;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "") return invalid;
  while (rest !== "") {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return invalid;
    rest = rest.slice(number.length);
    const unit = /^[^\d.]+/.exec(rest)?.[0];
    if (unit === undefined) return `time: missing unit in duration ${goQuote(text)}`;
    if (!["ns", "us", "µs", "μs", "ms", "s", "m", "h"].includes(unit)) {
      return `time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`;
    }
    rest = rest.slice(unit.length);
  }
  return invalid;
}
