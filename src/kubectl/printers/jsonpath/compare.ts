/** Comparing as Go's templates do: like with like. Upstream: client-go/third_party/forked/golang/template/funcs.go */
import { KubectlError } from "../../errors.ts";
import { compareBytes } from "../goValue.ts";

/** A number that is a float in Go, where JSON's integers are not: comparisons ask. */
export class GoFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export function compareValues(left: unknown, operator: string, right: unknown): boolean {
  switch (operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "<":
      return less(left, right);
    case "<=":
      return less(left, right) || equal(left, right);
    case ">":
      return !(less(left, right) || equal(left, right));
    case ">=":
      return !less(left, right);
    default:
      throw new KubectlError(`unrecognized filter operator ${operator}`);
  }
}

type Kind = "string" | "int" | "float" | "bool";

function kindOf(value: unknown): Kind {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (value instanceof GoFloat) return "float";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  throw new KubectlError("invalid type for comparison");
}

function sameKind(left: unknown, right: unknown): Kind {
  const [one, other] = [kindOf(left), kindOf(right)];
  if (one !== other) throw new KubectlError("incompatible types for comparison");
  return one;
}

const plain = (value: unknown): unknown => (value instanceof GoFloat ? value.value : value);

function equal(left: unknown, right: unknown): boolean {
  sameKind(left, right);
  return plain(left) === plain(right);
}

function less(left: unknown, right: unknown): boolean {
  const kind = sameKind(left, right);
  if (kind === "bool") throw new KubectlError("invalid type for comparison");
  if (kind === "string") return compareBytes(String(left), String(right)) < 0;
  return Number(plain(left)) < Number(plain(right));
}
