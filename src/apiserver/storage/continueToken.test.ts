import { expect, test } from "vitest";
import { decodeContinue, encodeContinue } from "./continueToken.ts";

const prefix = "/registry/core/pods/";

test("a token comes back as it went", () => {
  expect(decodeContinue(prefix, encodeContinue(prefix, `${prefix}default/web-1`, 42))).toEqual({
    revision: 42,
    startKey: `${prefix}default/web-1\u0000`,
  });
});

const token = (value: object): string => btoa(JSON.stringify(value)).replace(/=+$/, "");

test.each([
  ["???", "continue key is not valid"],
  [btoa("no json"), "continue key is not valid"],
  [token({ v: "v9", rv: 1, start: "a" }), "server does not recognize this encoded version v9"],
  [token({ v: "meta.k8s.io/v1", rv: 0, start: "a" }), "incorrect encoded start resourceVersion"],
  [token({ v: "meta.k8s.io/v1", rv: 1, start: "" }), "encoded start key empty"],
  [token({ v: "meta.k8s.io/v1", rv: 1, start: "../secrets/x" }), "continue key is not valid: ../secrets/x"],
  [token({ v: "meta.k8s.io/v1", rv: 1, start: "/a" }), "continue key is not valid: /a"],
])("%s is refused", (bad, message) => {
  expect(() => decodeContinue(prefix, bad)).toThrow(message);
});
