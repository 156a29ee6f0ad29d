import { describe, expect, it } from "vitest";
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";
import { listenAddresses } from "../streaming/listenAddresses.ts";
import { parsePorts, podPorts, servicePorts } from "./portNumbers.ts";

const pod: Pod = {
  metadata: { name: "web" },
  spec: {
    containers: [
      { name: "main", ports: [{ containerPort: 8080, name: "http", protocol: "TCP" }] },
      { name: "dns", ports: [{ containerPort: 53, name: "dns", protocol: "UDP" }] },
    ],
  },
};
const service = (spec: Service["spec"]): Service => ({ metadata: { name: "web" }, spec });

describe("ports of a pod", () => {
  it("are numbers or names", () => {
    expect(podPorts(["80", "http", "9000:http", ":http", "1:2"], pod)).toEqual(["80", "8080", "9000:8080", ":8080", "1:2"]);
    expect(() => podPorts(["https"], pod)).toThrow("Pod 'web' does not have a named port 'https'");
    expect(() => podPorts(["9:dns"], pod)).toThrow("UDP protocol is not supported for dns");
  });

  it("come from a Service's own ports", () => {
    const ports = [{ port: 80, name: "www", targetPort: "http" }, { port: 81, targetPort: 90 }, { port: 82 }];
    expect(servicePorts(["80", "www", "5:www", "81", "82"], service({ ports }), pod)).toEqual([
      "80:8080",
      "80:8080",
      "5:8080",
      "81:90",
      "82",
    ]);
    expect(servicePorts(["80"], service({ ports, clusterIP: "None" }), pod)).toEqual(["80"]);
    expect(() => servicePorts(["83"], service({ ports }), pod)).toThrow("Service web does not have a service port 83");
    expect(() => servicePorts(["x"], service({ ports }), pod)).toThrow("Service 'web' does not have a named port 'x'");
  });

  it("are parsed", () => {
    expect(parsePorts(["80", "8080:80", ":80", "0:80"]).map(({ local, remote }) => [local, remote])).toEqual([
      [80, 80],
      [8080, 80],
      [0, 80],
      [0, 80],
    ]);
  });

  it.each([
    ["1:2:3", "invalid port format '1:2:3'"],
    ["x", `error parsing local port 'x': strconv.ParseUint: parsing "x": invalid syntax`],
    ["1:-1", `error parsing remote port '-1': strconv.ParseUint: parsing "-1": invalid syntax`],
    ["65536", `error parsing local port '65536': strconv.ParseUint: parsing "65536": value out of range`],
    ["80:0", "remote port must be > 0"],
  ])("%s is refused", (text, message) => expect(() => parsePorts([text])).toThrow(message));
});

it("addresses to listen on: localhost is two, of which one is enough", () => {
  expect(listenAddresses(["localhost", "10.0.0.1"]).map(({ address, ofLocalhost }) => [address, ofLocalhost])).toEqual([
    ["10.0.0.1", false],
    ["127.0.0.1", true],
    ["::1", true],
  ]);
  expect(() => listenAddresses(["here"])).toThrow("here is not a valid IP");
});
