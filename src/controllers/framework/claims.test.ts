import { describe, expect, test } from "vitest";
import { selectorFromLabels } from "../../machinery/selectors.ts";
import { aPod, type PodParts } from "../../testing/objects.ts";
import { planClaims } from "./claims.ts";
import { isPodActive } from "./podAvailability.ts";

const by = (uid: string): NonNullable<PodParts["owners"]> => [
  { apiVersion: "apps/v1", kind: "ReplicaSet", name: uid, uid, controller: true },
];
const web = { app: "web" };

describe("claims", () => {
  test.each<[string, PodParts, { going?: boolean }, "owned" | "adopt" | "release" | "nothing"]>([
    ["its own, selected", { owners: by("me"), labels: web }, {}, "owned"],
    ["its own, going", { owners: by("me"), labels: web, deleted: "2026-01-01T00:00:00Z" }, {}, "owned"],
    ["its own, relabelled", { owners: by("me"), labels: { app: "other" } }, {}, "release"],
    ["its own, relabelled, but the owner is going", { owners: by("me"), labels: {} }, { going: true }, "nothing"],
    ["its own, relabelled, over", { owners: by("me"), labels: {}, phase: "Failed" }, {}, "nothing"],
    ["an orphan, selected", { labels: web }, {}, "adopt"],
    ["an orphan that is going", { labels: web, deleted: "2026-01-01T00:00:00Z" }, {}, "nothing"],
    ["an orphan, and the owner is going", { labels: web }, { going: true }, "nothing"],
    ["an orphan, not selected", { labels: { app: "other" } }, {}, "nothing"],
    ["another's, selected", { labels: web, owners: by("other") }, {}, "nothing"],
  ])("%s", (_name, parts, { going = false }, outcome) => {
    const owner = aPod("me", { uid: "me", ...(going ? { deleted: "2026-01-01T00:00:00Z" } : {}) });
    const claims = planClaims({ owner, selector: selectorFromLabels(web), isAlive: isPodActive }, [aPod("p", parts)]);
    const found = (["owned", "adopt", "release"] as const).filter((name) => claims[name].length > 0);
    expect(found).toEqual(outcome === "nothing" ? [] : [outcome]);
  });
});
