/** `--sort-by`: objects or table rows by a field. Upstream: kubectl/pkg/cmd/get/sorter.go */
import { tryParseQuantity } from "../../machinery/quantity.ts";
import { KubectlError, textOf } from "../errors.ts";
import { goSorted } from "../printers/goSort.ts";
import { compareBytes } from "../printers/goValue.ts";
import { GoFloat } from "../printers/jsonpath/compare.ts";
import { JsonPath } from "../printers/jsonpath/evaluate.ts";
import { relaxedPath } from "../printers/jsonpath/relaxed.ts";

/** Sorted copies of `items`, by what `objectOf` gives. Throws KubectlError where no item has the field. */
export function sortByField<T>(items: readonly T[], field: string, objectOf: (item: T) => unknown): T[] {
  const path = relaxedPath(field);
  const found = new JsonPath(path, { allowMissingKeys: true });
  const keyed = items.map((item) => ({ item, key: keyOf(found, objectOf(item)) }));
  if (items.length > 0 && keyed.every(({ key }) => key === undefined)) {
    throw new KubectlError(`couldn't find any field with path ${JSON.stringify(path)} in the list of objects`);
  }
  return goSorted(keyed, isLess).map(({ item }) => item);
}

/** The path, where it can be read; a table's sorting says so in other words. */
export function checkedSortPath(field: string): void {
  try {
    void new JsonPath(relaxedPath(field), { allowMissingKeys: true });
  } catch (error) {
    throw new KubectlError(`sorting error: ${textOf(error)}`);
  }
}

interface Keyed<T> {
  readonly item: T;
  /** undefined: the field isn't there; null: it is null. */
  readonly key: unknown;
}

function keyOf(path: JsonPath, object: unknown): unknown {
  const [first] = path.find(object)[0] ?? [];
  return first instanceof GoFloat ? first.value : first;
}

function isLess({ key: left }: Keyed<unknown>, { key: right }: Keyed<unknown>): boolean {
  if (left === undefined) return true;
  if (right === undefined) return false;
  if (left === null) return right !== null;
  if (right === null) return false;
  if (typeof left === "number" && typeof right === "number") return left < right;
  if (typeof left === "string" && typeof right === "string") return textIsLess(left, right);
  if (Array.isArray(left) && Array.isArray(right)) return listIsLess(left, right);
  throw new KubectlError(`unsortable type: ${typeof left === "boolean" ? "bool" : "map[string]interface {}"}`);
}

function textIsLess(left: string, right: string): boolean {
  const [one, other] = [tryParseQuantity(left), tryParseQuantity(right)];
  return one !== undefined && other !== undefined ? one.compare(other) < 0 : compareBytes(left, right) < 0;
}

function listIsLess(left: readonly unknown[], right: readonly unknown[]): boolean {
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    if (!isLess({ item: undefined, key: left[at] }, { item: undefined, key: right[at] })) return false;
  }
  return true;
}
