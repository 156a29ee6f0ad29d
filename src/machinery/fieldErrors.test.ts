import { describe, expect, test } from "vitest";
import { Path } from "./field.ts";
import * as errors from "./fieldErrors.ts";

const at = Path.root("spec").child("replicas");

describe("field errors print as upstream's", () => {
  test.each([
    [errors.required(at), "spec.replicas: Required value"],
    [errors.required(at, "must be set"), "spec.replicas: Required value: must be set"],
    [errors.invalid(at, -1, "must be greater than or equal to 0"), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
    [errors.invalid(at, 'a"b', "bad"), String.raw`spec.replicas: Invalid value: "a\"b": bad`],
    [errors.invalid(at, null, "bad"), "spec.replicas: Invalid value: null: bad"],
    [errors.invalid(at, { b: "<", a: 1 }, "bad"), String.raw`spec.replicas: Invalid value: {"a":1,"b":"\u003c"}: bad`],
    [errors.typeInvalid(at, true, "must be a number"), "spec.replicas: Invalid value: true: must be a number"],
    [errors.duplicate(at.index(2).child("name"), "x"), 'spec.replicas[2].name: Duplicate value: "x"'],
    [errors.forbidden(at, "may not be changed"), "spec.replicas: Forbidden: may not be changed"],
    [errors.notFound(at, "vol"), 'spec.replicas: Not found: "vol"'],
    [errors.notSupported(at, "X", ["A", "B"]), 'spec.replicas: Unsupported value: "X": supported values: "A", "B"'],
    [errors.tooLong(at, "very long", 63), "spec.replicas: Too long: may not be more than 63 bytes"],
    [errors.tooLong(at, "very long", 1), "spec.replicas: Too long: may not be more than 1 byte"],
    [errors.tooMany(at, 5, 4), "spec.replicas: Too many: 5: must have at most 4 items"],
    [errors.internal(at, "oops"), "spec.replicas: Internal error: oops"],
  ])("%o", (error, text) => {
    expect(errors.fieldErrorText(error)).toBe(text);
  });
});
