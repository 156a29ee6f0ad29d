import { afterEach, beforeEach, expect, it } from "vitest";
import { endpoints as endpointsKind } from "../../api/core/v1/endpoints.ts";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import { endpointSlice as sliceKind } from "../../api/discovery/v1/endpointSlice.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { EndpointSliceMirroringController } from "./mirrorController.ts";

const namespace = "default";
const key = { namespace, name: "db" };
const ports = [{ name: "sql", port: 5432, protocol: "TCP" }];
let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new EndpointSliceMirroringController(deps)]);
});
afterEach(() => world[Symbol.asyncDispose]());

async function createService(selector?: Record<string, string>): Promise<void> {
  const spec = { ports: [{ name: "sql", port: 5432 }], ...(selector === undefined ? {} : { selector }) };
  await world.client.create(serviceKind, { metadata: { ...key }, spec });
}
async function createEndpoints(labels: Record<string, string> = {}): Promise<void> {
  const subsets = [
    { addresses: [{ ip: "192.0.2.1" }, { ip: "fd00::1" }], notReadyAddresses: [{ ip: "192.0.2.2", hostname: "late" }], ports },
  ];
  await world.client.create(endpointsKind, { metadata: { ...key, labels }, subsets });
}
async function slices(): Promise<EndpointSlice[]> {
  await world.clock.settle();
  const { items } = await world.client.list(sliceKind, { namespace, labelSelector: "kubernetes.io/service-name=db" });
  return items.sort((a, b) => (a.addressType < b.addressType ? -1 : 1));
}

it("hand-written Endpoints become slices, one of each family", async () => {
  await createService();
  await createEndpoints({ team: "x" });
  expect(await slices()).toMatchObject([
    {
      addressType: "IPv4",
      ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
      endpoints: [
        { addresses: ["192.0.2.1"], conditions: { ready: true } },
        { addresses: ["192.0.2.2"], conditions: { ready: false }, hostname: "late" },
      ],
      metadata: {
        labels: {
          team: "x",
          "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
          "kubernetes.io/service-name": "db",
        },
        ownerReferences: [{ kind: "Endpoints", name: "db" }],
      },
    },
    { addressType: "IPv6", endpoints: [{ addresses: ["fd00::1"] }] },
  ]);
});

it("they follow changes and go with the Endpoints", async () => {
  await createService();
  await createEndpoints();
  await world.client.patch(endpointsKind, key, "merge", { subsets: [{ addresses: [{ ip: "192.0.2.9" }], ports }] });
  expect((await slices()).map((slice) => slice.endpoints.flatMap((each) => each.addresses))).toEqual([["192.0.2.9"]]);
  await world.client.delete(endpointsKind, key);
  expect(await slices()).toEqual([]);
});

it("none for a Service with a selector, without a Service, or where it isn't wished", async () => {
  await createEndpoints();
  expect(await slices()).toEqual([]);
  await createService({ app: "db" });
  expect(await slices()).toEqual([]);
  await world.client.patch(serviceKind, key, "merge", { spec: { selector: null } });
  expect(await slices()).toHaveLength(2);
  await world.client.patch(endpointsKind, key, "merge", { metadata: { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } } });
  expect(await slices()).toEqual([]);
});
