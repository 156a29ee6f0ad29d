/** Services of the four types. Upstream: kubectl/pkg/cmd/create/create_service.go */
import { dnsSubdomainProblems, portNameProblems, portNumberProblems } from "../../machinery/names.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";
import { parseUnsigned } from "../flagText.ts";
import type { Unstructured } from "../resources/unstructured.ts";

export type ServiceType = "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";

export interface ServiceWish {
  readonly name: string;
  readonly type: ServiceType;
  /** `port` or `port:targetPort`. */
  readonly tcp: readonly string[];
  readonly clusterIP: string;
  readonly nodePort: number;
  readonly externalName: string;
}

/** Throws KubectlError for what doesn't fit. */
export function serviceOf(wish: ServiceWish): Unstructured {
  refuseUnfit(wish);
  const { name, type, tcp, clusterIP, nodePort, externalName } = wish;
  const app = { app: name };
  const ports = tcp.map((pair) => ({ name: pair.replaceAll(":", "-"), protocol: "TCP", ...parsePorts(pair), nodePort }));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: app },
    spec: { ports, selector: app, clusterIP, type, externalName },
  };
}

function refuseUnfit({ type, clusterIP, tcp, externalName }: ServiceWish): void {
  if (clusterIP === "None" && type !== "ClusterIP") throw new KubectlError("ClusterIP=None can only be used with ClusterIP service type");
  if (clusterIP !== "None" && tcp.length === 0 && type !== "ExternalName") {
    throw new KubectlError("at least one tcp port specifier must be provided");
  }
  if (type === "ExternalName" && dnsSubdomainProblems(externalName).length > 0) {
    throw new KubectlError(`invalid service external name ${externalName}`);
  }
}

function parsePorts(pair: string): { readonly port: number; readonly targetPort: number | string } {
  const [left = "", right] = pair.split(":");
  const port = parsePort(left);
  if (right === undefined) return { port, targetPort: port };
  if (!/^[+-]?\d+$/.test(right)) {
    const problems = portNameProblems(right);
    if (problems.length > 0) throw new KubectlError(problems.join(","));
    return { port, targetPort: right };
  }
  const problems = portNumberProblems(Number(right));
  if (problems.length > 0) throw new KubectlError(problems.join(","));
  return { port, targetPort: Number(right) };
}

function parsePort(text: string): number {
  if (!/^\d+$/.test(text)) throw new KubectlError(`strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`);
  const parsed = parseUnsigned(text.replace(/^0+(?=\d)/, ""), 16);
  if ("problem" in parsed) throw new KubectlError(`strconv.ParseUint: parsing ${goQuote(text)}: value out of range`);
  return parsed.value;
}
