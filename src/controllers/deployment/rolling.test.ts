import { describe, expect, test } from "vitest";
import { aDeployment, aSet, observed, type DeploymentParts, type SetParts } from "./fixtures.ts";
import { currentReplicas, planRolling } from "./rolling.ts";

/** The steps, as `name=replicas`. */
function steps(deployment: DeploymentParts, current: SetParts, ...old: SetParts[]): string[] {
  const olds = old.map((parts, i) => aSet(`old${i + 1}`, { created: i, ...parts }));
  const currentSet = aSet("new", { image: "v2", created: 9, ...current });
  const seen = observed(aDeployment(deployment), ...olds, currentSet);
  return planRolling(seen, currentSet).map(
    (action) => `${action.replicaSet.metadata.name}=${action.type === "scale" ? action.replicas : "?"}`,
  );
}

describe("how many replicas the current ReplicaSet may have", () => {
  test.each<[string, DeploymentParts, number, number, number]>([
    // deployment, wanted of the current, pods of the old ones, result
    ["room by the surge", { replicas: 10, surge: 2 }, 0, 10, 2],
    ["no room", { replicas: 10, surge: 2 }, 2, 10, 2],
    ["not beyond what is wanted", { replicas: 10, surge: 5 }, 8, 4, 10],
    ["too many already: stays", { replicas: 10, surge: 0 }, 5, 10, 5],
    ["percentages round up", { replicas: 3, surge: "25%" }, 0, 3, 1],
    ["more than wanted: back to it", { replicas: 5 }, 7, 0, 5],
    ["none wanted", { replicas: 0 }, 3, 3, 0],
  ])("%s", (...[_name, parts, current, old, result]) => {
    const currentSet = aSet("new", { image: "v2", replicas: current });
    expect(currentReplicas(aDeployment(parts), currentSet, [currentSet, aSet("old", { replicas: old })])).toBe(result);
  });

  test("pods that an old ReplicaSet still has after being scaled down take up room", () => {
    const current = aSet("new", { image: "v2", replicas: 2 });
    const all = (pods: number) => [current, aSet("old", { replicas: 7, pods })];
    expect(currentReplicas(aDeployment({ surge: 1 }), current, all(9))).toBe(2);
    expect(currentReplicas(aDeployment({ surge: 1 }), current, all(8))).toBe(3);
    expect(currentReplicas(aDeployment({ surge: 1 }), current, all(7))).toBe(4);
  });

  test("waits for a ReplicaSet that hasn't seen its latest spec", () => {
    const current = aSet("new", { image: "v2", replicas: 2 });
    const [late, upToDate] = [3, 4].map((observedGeneration) =>
      aSet("old", { replicas: 7, generation: 4, status: { observedGeneration } }),
    );
    expect(late !== undefined && currentReplicas(aDeployment(), current, [current, late])).toBe(2);
    expect(upToDate !== undefined && currentReplicas(aDeployment(), current, [current, upToDate])).toBe(4);
  });
});

describe("a step of a rolling update", () => {
  test.each<[string, DeploymentParts, string[], SetParts, ...SetParts[]]>([
    ["up first", {}, ["new=1"], { replicas: 0 }, { replicas: 10, available: 10 }],
    ["then the old one down by what may be unavailable", {}, ["old1=9"], { replicas: 1 }, { replicas: 10, available: 10 }],
    ["and by what has become available", {}, ["old1=8"], { replicas: 1, available: 1 }, { replicas: 10, available: 10 }],
    ["waits while new pods aren't available", {}, [], { replicas: 2 }, { replicas: 9, available: 9 }],
    ["nothing to do", {}, [], { replicas: 10, available: 10 }, { replicas: 0 }],
    ["the last old pods go when all new ones are there", {}, ["old1=0"], { replicas: 10, available: 10 }, { replicas: 1, available: 1 }],
    [
      "unhealthy old pods go first, beyond availability",
      { unavailable: 4, surge: 4 },
      ["old1=6"],
      { replicas: 4, available: 0 },
      { replicas: 10, available: 6 },
    ],
    [
      "unhealthy of several old ones, the oldest first",
      { unavailable: 4, surge: 2 },
      ["old1=3", "old2=3"],
      { replicas: 2, available: 0 },
      { replicas: 5, available: 3 },
      { replicas: 5, available: 2 },
    ],
    [
      "no more unhealthy ones than may go",
      { unavailable: 0, surge: 1 },
      ["old1=9"],
      { replicas: 2, available: 1 },
      { replicas: 10, available: 5 },
    ],
    [
      "several old ones, the oldest first",
      { unavailable: 3 },
      ["old1=0", "old2=6"],
      { replicas: 1, available: 1 },
      { replicas: 2, available: 2 },
      { replicas: 8, available: 8 },
    ],
    [
      "surge and unavailability 0: one may be unavailable",
      { surge: 0, unavailable: 0 },
      ["old1=9"],
      { replicas: 0 },
      { replicas: 10, available: 10 },
    ],
    [
      "unavailability in percent rounds down",
      { unavailable: "19%", surge: "0%" },
      ["old1=9"],
      { replicas: 0 },
      { replicas: 10, available: 10 },
    ],
    ["all may be unavailable: all go", { unavailable: "100%", surge: 0 }, ["old1=0"], { replicas: 0 }, { replicas: 10, available: 10 }],
    [
      "a status from before the old one was scaled down doesn't count as available",
      {},
      ["old1=3"],
      { replicas: 6, available: 6 },
      { replicas: 4, available: 5, pods: 5 },
    ],
  ])("%s", (...[_name, parts, expected, current, ...old]) => {
    expect(steps(parts, current, ...old)).toEqual(expected);
  });
});
