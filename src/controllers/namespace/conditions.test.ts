import { describe, expect, it } from "vitest";
import { conditionsOf, type Remains } from "./conditions.ts";

const nothing: Remains = { byResource: new Map(), byFinalizer: new Map(), failures: [] };
const at = "2026-01-01T00:00:00Z";
const later = "2026-01-01T00:01:00Z";

const textOf = (remains: Remains): Record<string, string> =>
  Object.fromEntries(conditionsOf(remains, undefined, at).map((c) => [c.type, `${c.status} ${c.reason}: ${c.message}`]));

describe("a terminating namespace's conditions", () => {
  it("say that all is well", () => {
    expect(textOf(nothing)).toEqual({
      NamespaceDeletionDiscoveryFailure: "False ResourcesDiscovered: All resources successfully discovered",
      NamespaceDeletionGroupVersionParsingFailure: "False ParsedGroupVersions: All legacy kube types successfully parsed",
      NamespaceDeletionContentFailure: "False ContentDeleted: All content successfully deleted, may be waiting on finalization",
      NamespaceContentRemaining: "False ContentRemoved: All content successfully removed",
      NamespaceFinalizersRemaining: "False ContentRemoved: All content successfully removed",
    });
  });

  it("count what remains, in upstream's words and in a fixed order", () => {
    const told = textOf({
      byResource: new Map([
        ["pods.", 2],
        ["deployments.apps", 1],
      ]),
      byFinalizer: new Map([
        ["z/last", 1],
        ["a/first", 2],
      ]),
      failures: ["b failed", "a failed"],
    });
    expect(told["NamespaceContentRemaining"]).toBe(
      "True SomeResourcesRemain: Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances",
    );
    expect(told["NamespaceFinalizersRemaining"]).toBe(
      "True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: a/first in 2 resource instances, z/last in 1 resource instances",
    );
    expect(told["NamespaceDeletionContentFailure"]).toBe(
      "True ContentDeletionFailed: Failed to delete all resource types, 2 remaining: a failed, b failed",
    );
  });

  it("keep the time of the last change of status, and foreign conditions", () => {
    const foreign = { type: "Mine", status: "True" };
    const first = conditionsOf({ ...nothing, byResource: new Map([["pods.", 2]]) }, [foreign], at);
    const second = conditionsOf({ ...nothing, byResource: new Map([["pods.", 1]]) }, first, later);
    const third = conditionsOf(nothing, second, later);
    const remaining = (list: typeof first) => list.find((c) => c.type === "NamespaceContentRemaining");
    expect(remaining(second)).toMatchObject({
      lastTransitionTime: at,
      message: "Some resources are remaining: pods. has 1 resource instances",
    });
    expect(remaining(third)).toMatchObject({ lastTransitionTime: later, status: "False" });
    expect(third[0]).toEqual(foreign);
    expect(third).toHaveLength(6);
  });
});
