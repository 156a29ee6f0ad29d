import { describe, expect, it } from "vitest";
import { aPod } from "../testing/objects.ts";
import type { Pod, PodSpec } from "../schema/shapes/core.v1.ts";
import { hostPortRules } from "./hostPorts.ts";

const placed = { hostIP: "172.31.0.2", podIP: "10.244.1.7", phase: "Running" };
function pod(spec: Partial<PodSpec>, status: Pod["status"] = placed): Pod {
  const made = aPod("web");
  return { ...made, spec: { ...made.spec, nodeName: "node-1", ...spec }, status };
}
const withPorts = (...ports: NonNullable<PodSpec["containers"][number]["ports"]>): Partial<PodSpec> => ({
  containers: [{ name: "main", ports }],
});
const shown = (of: Pod): readonly string[] =>
  hostPortRules(of).map(
    ({ protocol, clusterIP, port, backends: [to] }) => `${protocol} ${clusterIP}:${port} ${to?.ip}:${to?.port} ${to?.podName}`,
  );

describe("host ports", () => {
  it("lead from the node's address to the pod, by protocol", () => {
    const ports = withPorts(
      { containerPort: 80, hostPort: 8080 },
      { containerPort: 53, hostPort: 53, protocol: "UDP" },
      { containerPort: 9 },
    );
    expect(shown(pod(ports))).toEqual(["TCP 172.31.0.2:8080 10.244.1.7:80 web", "UDP 172.31.0.2:53 10.244.1.7:53 web"]);
    expect(new Set(hostPortRules(pod(ports)).map(({ id }) => id)).size).toBe(2);
  });

  it("of sidecars count, of other init containers not", () => {
    const init = (name: string, hostPort: number, restartPolicy?: string): NonNullable<PodSpec["initContainers"]>[number] => ({
      name,
      ports: [{ containerPort: 80, hostPort }],
      ...(restartPolicy === undefined ? {} : { restartPolicy }),
    });
    expect(shown(pod({ initContainers: [init("once", 81), init("beside", 82, "Always")] }))).toEqual([
      "TCP 172.31.0.2:82 10.244.1.7:80 web",
    ]);
  });

  it.each([
    ["0.0.0.0", 1],
    ["172.31.0.2", 1],
    ["127.0.0.1", 0],
  ])("that name %s as the host's address: %d", (hostIP, count) => {
    expect(hostPortRules(pod(withPorts({ containerPort: 80, hostPort: 80, hostIP })))).toHaveLength(count);
  });

  it.each<[string, Partial<PodSpec>, Pod["status"]]>([
    ["on the host's network", { hostNetwork: true }, placed],
    ["without an address yet", {}, { phase: "Pending" }],
    ["that has ended", {}, { ...placed, phase: "Succeeded" }],
  ])("of a pod %s lead nowhere", (_name, spec, status) => {
    expect(hostPortRules(pod({ ...withPorts({ containerPort: 80, hostPort: 80 }), ...spec }, status))).toEqual([]);
  });
});
