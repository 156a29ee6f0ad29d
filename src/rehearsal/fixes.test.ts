/** Fixes for a manifest, out of what was measured. */
import { describe, expect, test } from "vitest";
import type { Deployment } from "../schema/shapes/apps.v1.ts";
import type { Attribution, Cause } from "./causes.ts";
import { combinePatches, type Fix, type FixInput, proposeFixes } from "./fixes.ts";

function aDeployment(name: string, spec: Partial<Deployment["spec"]> = {}, container: object = {}): Deployment {
  return {
    metadata: { name },
    spec: {
      replicas: 4,
      selector: {},
      template: { metadata: { name: "" }, spec: { containers: [{ name: "c", image: "i", ...container }] } },
      ...spec,
    },
  };
}
function blamed(cause: Cause, pod = "web-1-x"): Attribution {
  const connection = { id: 1, reused: false, openedMs: 0, localPort: 0 };
  const row = {
    id: 1,
    client: "outside" as const,
    intendedMs: 0,
    sentMs: 0,
    endMs: 1,
    outcome: { type: "reset" as const },
    connection,
    pod,
    version: "",
  };
  return { row, cause, pod, inferred: false, detail: "" };
}
const service = { metadata: { name: "web" }, spec: { ports: [{ port: 80, targetPort: 8080 }] } };
function fixes(causes: readonly Cause[], parts: Partial<FixInput> = {}): Fix[] {
  return proposeFixes({
    deployments: [aDeployment("web")],
    deploymentOf: () => "web",
    service,
    path: "/",
    attributions: causes.map((cause) => blamed(cause)),
    propagationMs: 1200,
    profileP99Ms: 0,
    slowestMs: 300,
    crashAfterMs: undefined,
    order: "inOrder",
    ...parts,
  });
}
const patchOf = (list: readonly Fix[], name = "web"): object | undefined => combinePatches(list).get(name)?.spec;

describe("fixes", () => {
  test("no failure needs none", () => expect(fixes([])).toEqual([]));

  test("stale endpoints: sleep as long as removal took, and a second", () => {
    expect(patchOf(fixes(["staleEndpoint"]))).toEqual({
      template: { spec: { containers: [{ name: "c", lifecycle: { preStop: { sleep: { seconds: 3 } } } }] } },
    });
  });

  test("one run sees but a few changes: the profile's own tail counts", () => {
    expect(fixes(["staleEndpoint"], { profileP99Ms: 4000 })[0]?.title).toBe("sleep 5 s before SIGTERM (preStop)");
  });

  test("a grace period too short for the sleep and the slowest answer is raised", () => {
    const short = aDeployment("web");
    if (short.spec.template.spec !== undefined) short.spec.template.spec.terminationGracePeriodSeconds = 2;
    expect(patchOf(fixes(["cutInFlight"], { deployments: [short], slowestMs: 2500 }))).toMatchObject({
      template: { spec: { terminationGracePeriodSeconds: 13, containers: [{ lifecycle: { preStop: { sleep: { seconds: 5 } } } }] } },
    });
  });

  test("a hook of another sort is not thrown away", () => {
    const hooked = aDeployment("web", {}, { lifecycle: { preStop: { exec: { command: ["true"] } } } });
    const [fix] = fixes(["staleEndpoint"], { deployments: [hooked] });
    expect(fix?.change).toEqual({ type: "advice" });
  });

  test("not ready: the Service's target port is asked, another handler is cleared", () => {
    const probed = aDeployment("web", {}, { readinessProbe: { exec: { command: ["true"] } } });
    expect(patchOf(fixes(["notReady"], { deployments: [probed] }))).toMatchObject({
      template: { spec: { containers: [{ readinessProbe: { httpGet: { path: "/", port: 8080 }, exec: null } }] } },
    });
  });

  test.each<[string, Partial<Deployment["spec"]>, object]>([
    ["Recreate", { strategy: { type: "Recreate" } }, { maxUnavailable: 0, maxSurge: "25%" }],
    [
      "all at once",
      { replicas: 2, strategy: { rollingUpdate: { maxUnavailable: "100%", maxSurge: 0 } } },
      { maxUnavailable: 0, maxSurge: 1 },
    ],
  ])("no endpoint with %s: pods stay until others are ready", (_name, spec, rollingUpdate) => {
    expect(patchOf(fixes(["noEndpoint"], { deployments: [aDeployment("web", spec)] }))).toEqual({
      strategy: { type: "RollingUpdate", rollingUpdate },
    });
  });

  test("where nothing may be missing already, the strategy stays", () => {
    const careful = aDeployment("web", { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    expect(fixes(["overloaded"], { deployments: [careful] })).toEqual([]);
  });

  test("an order too hasty is a fix of the plan", () => {
    expect(fixes(["noEndpoint"], { order: "switchesEarly" })).toMatchObject([{ change: { type: "order", wait: "beforeSwitch" } }]);
  });

  test("each Deployment is mended for its own pods", () => {
    const list = fixes([], {
      deployments: [aDeployment("web"), aDeployment("canary")],
      deploymentOf: (pod) => pod.split("-")[0],
      attributions: [blamed("staleEndpoint", "canary-1-x")],
    });
    expect([...combinePatches(list).keys()]).toEqual(["canary"]);
  });

  test("crashes hold the rollout up; several patches become one", () => {
    const list = fixes(["crashed", "staleEndpoint"], { crashAfterMs: 3100 });
    expect(patchOf(list)).toMatchObject({ minReadySeconds: 5, template: { spec: { containers: [{ name: "c" }] } } });
  });

  test("what only the program can mend is advice", () => {
    expect(fixes(["keepAliveClosed", "applicationError"]).map(({ change }) => change.type)).toEqual(["advice", "advice"]);
  });
});
