/** Every known race and what can't be rehearsed, on real clusters started for it. */
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectAgreement, simulatedMean } from "../rehearsal/agreement.ts";
import { scratch, spawnedRehearse } from "../rehearsal/coxRehearse.ts";
import { curedArgs, fixtureArgs, fixturePath, fixtures } from "../rehearsal/fixtures.ts";

describe.each(fixtures)("$name", (fixture) => {
  test("fails as its simulation does, and not once it is mended", async () => {
    using folder = scratch();
    const patched = fixture.cure === "patch";
    const { reports, err } = await spawnedRehearse([...fixtureArgs(fixture), ...(patched ? ["--try-fixes"] : [])], folder);
    expectAgreement(reports[0], fixture, await simulatedMean(fixture));
    const cured = patched ? reports[1] : (await spawnedRehearse(curedArgs(fixture, folder), folder)).reports[0];
    expect(cured?.requests, err).toBeGreaterThan(100);
    expect(cured?.failures).toEqual([]);
  });
});

const aManifest = (selector: string, container: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 1
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: shop, ${container} }] }
---
apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { selector: { app: ${selector} }, ports: [{ port: 80 }] }
`;
const image = 'image: "coxswain/rehearsal-app:1.0.0"';
const good = aManifest("shop", image);
const unready = aManifest("shop", `${image}, readinessProbe: { httpGet: { path: /, port: 9 } }`);

describe("what can't be rehearsed ends in time, with its reason", () => {
  test.each<[string, string, string, RegExp]>([
    ["a Service without pods", aManifest("nobody", image), good, /Service "shop" had no ready pod within 10 s/],
    [
      "a path that always answers 500",
      aManifest("shop", `${image}, env: [{ name: ANSWER_STATUS, value: "500" }]`),
      good,
      /was not answered well \(status 500\)/,
    ],
    ["pods that are never ready", unready, good, /had 1 of 1 pods updated and 0 ready when its time was up/],
    ["a change that is never ready", good, unready, /the change was not completed: Deployment "shop" had 1 of 1 pods updated/],
    [
      "an image that there isn't",
      good,
      aManifest("shop", 'image: "nosuch:1"'),
      /the change was not completed: .*(ErrImagePull|ImagePullBackOff)/,
    ],
  ])("%s", async (_name, before, after, message) => {
    using folder = scratch();
    writeFileSync(folder.path("before.yaml"), before);
    writeFileSync(folder.path("after.yaml"), after);
    const files = ["-f", folder.path("before.yaml"), "--apply", folder.path("after.yaml")];
    const { code, out, err } = await spawnedRehearse(
      [...files, "--rate", "50", "--ready-timeout", "10s", "--change-timeout", "10s"],
      folder,
    );
    expect(`${err}${out}`).toMatch(message);
    expect(code).toBe(1);
  });

  test("a rate that the load generator can't hold is refused before anything is started", async () => {
    using folder = scratch();
    const { code, err } = await spawnedRehearse(
      ["-f", fixturePath("no-prestop", "before.yaml"), "--apply", fixturePath("no-prestop", "after.yaml"), "--rate", "90000"],
      folder,
    );
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^Error: The load generator can't hold 90000 requests a second here: it managed \d+ when it was tried out, and takes on at most \d+\./,
      ),
    ]);
  });
});
