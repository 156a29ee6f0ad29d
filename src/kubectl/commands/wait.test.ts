import { describe, expect, test } from "vitest";
import type { Unstructured } from "../resources/unstructured.ts";
import { conditionsOf } from "./wait.ts";

/** Whether the object is as `--for` wants it. */
function met(wanted: string, object: object): boolean {
  const [condition] = conditionsOf([wanted]);
  if (condition?.form !== "met") throw new Error(`${wanted} asks nothing of an object`);
  return condition.met(object as Unstructured);
}

describe("conditions of the status", () => {
  const pod = (status: string): object => ({ status: { conditions: [{ type: "Ready", status }] } });

  test("true is what is waited for, unless something else is said; case doesn't matter", () => {
    expect(met("condition=Ready", pod("True"))).toBe(true);
    expect(met("condition=ready", pod("True"))).toBe(true);
    expect(met("condition=Ready=false", pod("True"))).toBe(false);
    expect(met("condition=Ready=False", pod("False"))).toBe(true);
    expect(met("condition=Ready=unknown", pod("Unknown"))).toBe(true);
  });

  test("one that isn't there isn't met", () => {
    expect(met("condition=Available", pod("True"))).toBe(false);
    expect(met("condition=Ready=false", {})).toBe(false);
  });

  test("a status of an older generation doesn't count", () => {
    const deployment = (observed: number, own?: number): object => ({
      metadata: { generation: 2 },
      status: {
        observedGeneration: observed,
        conditions: [{ type: "Available", status: "True", ...(own === undefined ? {} : { observedGeneration: own }) }],
      },
    });
    expect(met("condition=Available", deployment(1))).toBe(false);
    expect(met("condition=Available", deployment(2))).toBe(true);
    expect(met("condition=Available", deployment(2, 1))).toBe(false);
    expect(met("condition=Available", deployment(1, 2))).toBe(true);
  });
});

describe("JSONPath", () => {
  const object = { status: { phase: "Running", count: 3, ips: [{ ip: "1" }, { ip: "2" }], empty: "", map: { a: 1 } } };

  test("a value that is equal, as Go prints it", () => {
    expect(met("jsonpath={.status.phase}=Running", object)).toBe(true);
    expect(met('jsonpath={.status.phase}="Running"', object)).toBe(true);
    expect(met("jsonpath=.status.count=3", object)).toBe(true);
    expect(met("jsonpath={.status.count}=4", object)).toBe(false);
  });

  test("without a value it is enough that something is there", () => {
    expect(met("jsonpath={.status.empty}", object)).toBe(true);
    expect(met("jsonpath={.status.nope}", object)).toBe(false);
  });

  test("an equal sign in a filter isn't the one before the value", () => {
    expect(met('jsonpath={.status.ips[?(@.ip=="2")].ip}=2', object)).toBe(true);
  });

  test("several values, and what isn't a value, can't be compared", () => {
    expect(() => met("jsonpath={.status.ips[*].ip}=1", object)).toThrow("matches more than one value");
    expect(() => met("jsonpath={.status.phase}{.status.count}=1", object)).toThrow("unexpected path string");
    expect(() => met("jsonpath={.status.map}=1", object)).toThrow("nested object or list which is not supported");
  });
});

test.each([
  [[], "unrecognized condition: []"],
  [["ready"], 'unrecognized condition: "ready"'],
  [["jsonpath={.a}="], "jsonpath wait has to have a value after equal sign"],
  [["jsonpath={.a}=b=c"], "jsonpath wait format must be"],
  [["jsonpath="], "jsonpath expression cannot be empty"],
])("%j is refused", (given, problem) => {
  expect(() => conditionsOf(given)).toThrow(problem);
});

test("several at once, in any case", () => {
  expect(conditionsOf(["Delete", "create", "condition=x"]).map(({ form }) => form)).toEqual(["delete", "create", "met"]);
});
