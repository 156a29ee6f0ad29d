import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { endpointSlice } from "./endpointSlice.ts";

const slice = (parts: Sent = {}): Sent => ({
  addressType: "IPv4",
  endpoints: [{ addresses: ["10.0.0.1"] }],
  ports: [{ port: 80 }],
  ...parts,
});

it("gives ports a name and a protocol", () => {
  expect(created(endpointSlice, slice()).ports).toEqual([{ name: "", protocol: "TCP", port: 80 }]);
});

describe("validation", () => {
  it.each<[string, Sent, string[]]>([
    ["nothing to say", slice(), []],
    ["no address type", slice({ addressType: "", endpoints: [] }), ["addressType: Required value"]],
    [
      "an old address type",
      slice({ addressType: "IP", endpoints: [] }),
      ['addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"'],
    ],
    ["no address", slice({ endpoints: [{}] }), ["endpoints[0].addresses: Required value: must contain at least 1 address"]],
    [
      "an address of the other family",
      slice({ endpoints: [{ addresses: ["fd00::1"] }] }),
      ['endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address'],
    ],
    ["one port twice", slice({ ports: [{ port: 1 }, { port: 2 }] }), ['ports[1].name: Duplicate value: ""']],
    [
      "too many",
      slice({ endpoints: Array.from({ length: 1001 }, () => ({ addresses: ["10.0.0.1"] })) }),
      ["endpoints: Too many: 1001: must have at most 1000 items"],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(endpointSlice, sent)).toEqual(problems);
  });

  it("keeps the address type", () => {
    const problems = updateProblems(endpointSlice, slice({ endpoints: [] }), (object) => (object.addressType = "IPv6"));
    expect(problems).toEqual(['addressType: Invalid value: "IPv6": field is immutable']);
  });
});

it("shows ports and addresses, three at most", () => {
  const endpoints = ["1", "2", "3", "4"].map((n) => ({ addresses: [`10.0.0.${n}`] }));
  const row = rowOf(
    endpointSlice,
    created(endpointSlice, slice({ endpoints, ports: [{ name: "any" }, { port: 80 }] })),
    "2026-01-01T00:00:00Z",
  );
  expect(row).toMatchObject({ AddressType: "IPv4", Ports: "any,80", Endpoints: "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more..." });
  const empty = rowOf(endpointSlice, created(endpointSlice, { addressType: "IPv4" }), "2026-01-01T00:00:00Z");
  expect(empty).toMatchObject({ Ports: "<unset>", Endpoints: "<unset>" });
});
