import { describe, expect, it } from "vitest";
import { nameOf, recordType, type RecordData } from "./message.ts";
import { ClusterZone, reverseAddress, type ZoneAnswer, type ZoneEndpoint, type ZoneService, type ZoneView } from "./zone.ts";

const http = { name: "http", protocol: "tcp", number: 80 };
const dnsPort = { name: "dns", protocol: "udp", number: 53 };
const endpoint = (ip: string, hostname = ip.replaceAll(/[.:]/g, "-"), ports = [{ ...http, number: 8080 }]): ZoneEndpoint => ({
  ip,
  hostname,
  ports,
});
const service = (name: string, parts: Partial<ZoneService>): ZoneService => ({
  namespace: "default",
  name,
  clusterIPs: [],
  externalName: undefined,
  ports: [http],
  endpoints: [],
  ...parts,
});
const services = [
  service("web", { clusterIPs: ["10.96.0.5"], endpoints: [endpoint("10.244.1.2")] }),
  service("dual", { clusterIPs: ["10.96.0.6", "fd00::6"] }),
  service("db", { endpoints: [endpoint("10.244.1.3", "db-0"), endpoint("10.244.2.3", "db-1")] }),
  service("portless", { ports: [], endpoints: [endpoint("10.244.1.9", "p-0", [])] }),
  service("silent", {}),
  service("out", { externalName: "www.example.com", ports: [] }),
  service("literal", { externalName: "192.0.2.1", ports: [] }),
  service("kube-dns", { namespace: "kube-system", clusterIPs: ["10.96.0.10"], ports: [dnsPort] }),
];
const view: ZoneView = {
  hasNamespace: (name) => ["default", "kube-system", "empty"].includes(name),
  service: (namespace, name) => services.find((each) => each.namespace === namespace && each.name === name),
  serviceByAddress: (ip) => services.find((each) => each.clusterIPs.includes(ip)),
  servicesByEndpoint: (ip) => services.filter((each) => each.endpoints.some((one) => one.ip === ip)),
};
const zone = new ClusterZone(view, { domain: "cluster.local", ttl: 30 });

function text(data: RecordData): string {
  switch (data.type) {
    case "A":
    case "AAAA":
      return `${data.type} ${data.address}`;
    case "CNAME":
    case "NS":
    case "PTR":
      return `${data.type} ${data.target.join(".")}`;
    case "SRV":
      return `SRV ${data.priority} ${data.weight} ${data.port} ${data.target.join(".")}`;
    case "TXT":
      return `TXT ${data.texts.join()}`;
    case "SOA":
      return `SOA ${data.primary.join(".")}`;
    default:
      return `TYPE${data.number}`;
  }
}
/** `NXDOMAIN`, `NODATA`, or the answers. */
function told({ rcode, answers, authorities }: ZoneAnswer): string | string[] {
  if (answers.length > 0) return answers.map((record) => text(record.data));
  expect(authorities.map((record) => text(record.data))).toEqual(["SOA ns.dns.cluster.local"]);
  return rcode === 3 ? "NXDOMAIN" : "NODATA";
}
const ask = (name: string, type: keyof typeof recordType = "A"): string | string[] =>
  told(zone.answer(nameOf(`${name}.cluster.local`), recordType[type]));

describe("the zone answers", () => {
  const cases: [string, keyof typeof recordType, string | string[]][] = [
    ["web.default.svc", "A", ["A 10.96.0.5"]],
    ["WEB.Default.SVC", "A", ["A 10.96.0.5"]],
    ["web.default.svc", "AAAA", "NODATA"],
    ["web.default.svc", "TXT", "NODATA"],
    ["web.default.svc", "ANY", ["A 10.96.0.5"]],
    ["web.default.svc", "SRV", ["SRV 0 100 80 web.default.svc.cluster.local"]],
    ["dual.default.svc", "A", ["A 10.96.0.6"]],
    ["dual.default.svc", "AAAA", ["AAAA fd00::6"]],
    ["_http._tcp.web.default.svc", "SRV", ["SRV 0 100 80 web.default.svc.cluster.local"]],
    ["_http._tcp.web.default.svc", "A", ["A 10.96.0.5"]],
    ["_http._udp.web.default.svc", "SRV", "NXDOMAIN"],
    ["_smtp._tcp.web.default.svc", "SRV", "NXDOMAIN"],
    ["http.tcp.web.default.svc", "SRV", "NXDOMAIN"],
    ["_dns._udp.kube-dns.kube-system.svc", "SRV", ["SRV 0 100 53 kube-dns.kube-system.svc.cluster.local"]],
    ["10-244-1-2.web.default.svc", "A", ["A 10.244.1.2"]],
    ["db.default.svc", "A", ["A 10.244.1.3", "A 10.244.2.3"]],
    ["db-0.db.default.svc", "A", ["A 10.244.1.3"]],
    ["db-0.db.default.svc", "SRV", ["SRV 0 100 8080 db-0.db.default.svc.cluster.local"]],
    ["db-9.db.default.svc", "A", "NXDOMAIN"],
    [
      "_http._tcp.db.default.svc",
      "SRV",
      ["SRV 0 50 8080 db-0.db.default.svc.cluster.local", "SRV 0 50 8080 db-1.db.default.svc.cluster.local"],
    ],
    ["portless.default.svc", "A", ["A 10.244.1.9"]],
    ["portless.default.svc", "SRV", "NODATA"],
    ["silent.default.svc", "A", "NXDOMAIN"],
    ["out.default.svc", "A", ["CNAME www.example.com"]],
    ["out.default.svc", "CNAME", ["CNAME www.example.com"]],
    ["x.out.default.svc", "A", "NXDOMAIN"],
    ["literal.default.svc", "A", "NXDOMAIN"],
    ["nobody.default.svc", "A", "NXDOMAIN"],
    ["web.empty.svc", "A", "NXDOMAIN"],
    ["web.nowhere.svc", "A", "NXDOMAIN"],
    ["default.svc", "A", "NODATA"],
    ["nowhere.svc", "A", "NXDOMAIN"],
    ["svc", "A", "NODATA"],
    ["pod", "A", "NODATA"],
    ["a.b.web.default.svc", "A", "NXDOMAIN"],
    ["a._http._tcp.web.default.svc", "A", "NXDOMAIN"],
    ["10-244-1-2.default.pod", "A", ["A 10.244.1.2"]],
    ["fd00--6.default.pod", "AAAA", ["AAAA fd00::6"]],
    ["10-244-1-999.default.pod", "A", "NXDOMAIN"],
    ["10-244-1-2.nowhere.pod", "A", "NXDOMAIN"],
    ["x.10-244-1-2.default.pod", "A", "NXDOMAIN"],
    ["dns-version", "TXT", ["TXT 1.1.0"]],
    ["dns-version", "A", "NODATA"],
    ["ns.dns", "A", ["A 10.96.0.10"]],
    ["dns", "A", "NODATA"],
    ["elsewhere", "A", "NXDOMAIN"],
    ["www.example.com", "A", "NXDOMAIN"],
  ];
  it.each(cases)("%s %s", (name, type, expected) => expect(ask(name, type)).toEqual(expected));

  it("its own top", () => {
    const top = nameOf("cluster.local");
    expect(told(zone.answer(top, recordType.NS))).toEqual(["NS ns.dns.cluster.local"]);
    expect(told(zone.answer(top, recordType.SOA))).toEqual(["SOA ns.dns.cluster.local"]);
    expect(told(zone.answer(top, recordType.A))).toBe("NODATA");
  });

  it("records bear the asked name in its case, and the time to live", () => {
    const [record] = zone.answer(nameOf("WeB.default.svc.cluster.LOCAL"), recordType.A).answers;
    expect(record).toEqual({
      name: ["WeB", "default", "svc", "cluster", "LOCAL"],
      class: 1,
      ttl: 30,
      data: { type: "A", address: "10.96.0.5" },
    });
  });

  it("SRV brings the addresses along", () => {
    const { additionals } = zone.answer(nameOf("_http._tcp.db.default.svc.cluster.local"), recordType.SRV);
    expect(additionals.map((record) => `${record.name[0]} ${text(record.data)}`)).toEqual(["db-0 A 10.244.1.3", "db-1 A 10.244.2.3"]);
  });
});

describe("what it has a say about", () => {
  it.each([
    ["cluster.local", true],
    ["web.default.svc.CLUSTER.local", true],
    ["local", false],
    ["mycluster.local", false],
    ["example.com", false],
  ])("%s: %s", (name, covered) => expect(zone.covers(nameOf(name))).toBe(covered));
});

describe("reverse", () => {
  const cases: [string, string | undefined, string | string[] | undefined][] = [
    ["5.0.96.10.in-addr.arpa", "10.96.0.5", ["PTR web.default.svc.cluster.local"]],
    ["3.1.244.10.IN-ADDR.arpa", "10.244.1.3", ["PTR db-0.db.default.svc.cluster.local"]],
    ["2.1.244.10.in-addr.arpa", "10.244.1.2", ["PTR 10-244-1-2.web.default.svc.cluster.local"]],
    ["9.9.9.9.in-addr.arpa", "9.9.9.9", undefined],
    [`${"6000000000000000000000000000".split("").join(".")}.0.0.d.f.ip6.arpa`, "fd00:0000:0000:0000:0000:0000:0000:0006", undefined],
    ["96.10.in-addr.arpa", undefined, undefined],
    ["999.0.96.10.in-addr.arpa", undefined, undefined],
    ["example.com", undefined, undefined],
  ];
  it.each(cases)("%s", (name, ip, expected) => {
    expect(reverseAddress(nameOf(name))).toBe(ip);
    const answer = ip === undefined ? undefined : zone.reverse(nameOf(name), ip, recordType.PTR);
    expect(answer === undefined ? undefined : told(answer)).toEqual(expected);
  });
  it("an address has no other records", () => {
    const answer = zone.reverse(nameOf("5.0.96.10.in-addr.arpa"), "10.96.0.5", recordType.A);
    expect(answer === undefined ? undefined : told(answer)).toBe("NODATA");
  });
});
