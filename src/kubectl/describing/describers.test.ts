import { describe as group, expect, test } from "vitest";
import { ApiError } from "../../machinery/status.ts";
import type { Api, Call } from "../api.ts";
import type { Mapping } from "../resources/restMapper.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { describe } from "./describers.ts";

const now = Date.parse("2026-01-02T12:00:00Z");
const created = "2026-01-02T11:55:00Z";

type Answers = Readonly<Record<string, object | Error>>;

/** Answers by path; lists that aren't given are empty. */
function serverWith(answers: Answers): Api & { readonly asked: Call[] } {
  const asked: Call[] = [];
  const object = async (call: Call): Promise<Unstructured> => {
    asked.push(call);
    const answer = answers[call.path] ?? { items: [] };
    if (answer instanceof Error) throw answer;
    return structuredClone(answer) as Unstructured;
  };
  return { asked, object } as unknown as Api & { readonly asked: Call[] };
}

function refused(code: number, reason: string, message: string): ApiError {
  return new ApiError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code, reason, message });
}

interface Described {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced?: boolean;
  readonly others?: Answers;
  readonly showEvents?: boolean;
}

/** The description of an object named `one`. */
function described(
  object: object,
  { apiVersion = "v1", kind, plural, namespaced = true, others = {}, showEvents = false }: Described,
): Promise<string> {
  const [apiGroup, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const mapping = { group: apiGroup, version, kind, plural, namespaced, singular: kind.toLowerCase(), verbs: [] } as Mapping;
  const root = apiGroup === "" ? `/api/${version}` : `/apis/${apiVersion}`;
  const path = `${root}${namespaced ? "/namespaces/sea" : ""}/${plural}/one`;
  const metadata = { name: "one", ...(namespaced ? { namespace: "sea" } : {}), uid: "u1", creationTimestamp: created };
  const whole = { apiVersion, kind, ...object, metadata: { ...metadata, ...(object as { metadata?: object }).metadata } };
  const api = serverWith({ [path]: whole, ...others });
  return describe(mapping, { namespace: namespaced ? "sea" : "", name: "one" }, { api, showEvents, chunkSize: 500, now: () => now });
}

group("labels and annotations", () => {
  const configMap = { kind: "ConfigMap", plural: "configmaps" };

  test("below each other by name; what was applied last isn't shown", async () => {
    const metadata = {
      labels: { b: "2", a: "1" },
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", lines: "one\ntwo\n", short: "x" },
    };
    expect(await described({ metadata }, configMap)).toContain(
      "Labels:       a=1\n              b=2\nAnnotations:  lines:\n                one\n                two\n              short: x\n",
    );
  });

  test("a long value is cut after 140 characters", async () => {
    const text = await described({ metadata: { annotations: { long: "x".repeat(200) } } }, configMap);
    expect(text).toContain(`Annotations:  long:\n                ${"x".repeat(138)}...\n`);
  });

  test("nothing there", async () => {
    expect(await described({}, configMap)).toBe(
      "Name:         one\nNamespace:    sea\nLabels:       <none>\nAnnotations:  <none>\n\nData\n====\n\nBinaryData\n====\n\n",
    );
  });
});

group("events", () => {
  const secretless = { kind: "ServiceAccount", plural: "serviceaccounts", showEvents: true };
  const event = (extra: object): object => ({
    involvedObject: { name: "one" },
    type: "Normal",
    reason: "R",
    source: { component: "c" },
    ...extra,
  });

  test("in the order in which they were last seen, with how often", async () => {
    const items = [
      event({ message: "later", firstTimestamp: "2026-01-02T11:00:00Z", lastTimestamp: "2026-01-02T11:59:00Z", count: 3 }),
      event({ message: " earlier\n", firstTimestamp: "2026-01-02T11:58:00Z", lastTimestamp: "2026-01-02T11:58:00Z", count: 1 }),
      event({ message: "series", eventTime: "2026-01-02T10:00:00Z", series: { count: 4, lastObservedTime: "2026-01-02T11:59:30Z" } }),
    ];
    const text = await described({}, { ...secretless, others: { "/api/v1/namespaces/sea/events": { items } } });
    expect(text.slice(text.indexOf("Events:"))).toBe(
      [
        "Events:",
        "  Type    Reason  Age                 From  Message",
        "  ----    ------  ----                ----  -------",
        "  Normal  R       30s (x4 over 120m)  c     series",
        "  Normal  R       2m                  c     earlier",
        "  Normal  R       60s (x3 over 60m)   c     later",
        "",
      ].join("\n"),
    );
  });

  test("those that may not be read are none", async () => {
    const others = { "/api/v1/namespaces/sea/events": refused(403, "Forbidden", "no") };
    expect(await described({}, { ...secretless, others })).toMatch(/Events: +<none>\n$/);
  });

  test("left out when not asked for, and for kinds that have none", async () => {
    expect(await described({}, { ...secretless, showEvents: false })).not.toContain("Events");
    expect(await described({ type: "Opaque" }, { kind: "Secret", plural: "secrets", showEvents: true })).not.toContain("Events");
  });
});

group("secrets", () => {
  test("only sizes are told, but for a service account's token", async () => {
    const data = { token: btoa("secret"), other: btoa("12345") };
    const opaque = await described({ type: "Opaque", data }, { kind: "Secret", plural: "secrets" });
    expect(opaque).toContain("other:  5 bytes\ntoken:  6 bytes\n");
    const token = await described({ type: "kubernetes.io/service-account-token", data }, { kind: "Secret", plural: "secrets" });
    expect(token).toContain("token:  secret\n");
  });
});

group("pods", () => {
  const pod = { kind: "Pod", plural: "pods" };
  const spec = { containers: [{ name: "main", image: "busybox" }] };

  test("one that is being deleted", async () => {
    const metadata = { deletionTimestamp: "2026-01-02T11:59:50Z", deletionGracePeriodSeconds: 30 };
    const text = await described({ metadata, spec, status: { phase: "Running" } }, pod);
    expect(text).toMatch(/Status: +Terminating \(lasts 10s\)\nTermination Grace Period: +30s\n/);
  });

  test.each([
    [{ running: { startedAt: created } }, "State:          Running\n      Started:      Fri, 02 Jan 2026 11:55:00 +0000\n"],
    [{ waiting: { reason: "ErrImagePull" } }, "State:          Waiting\n      Reason:       ErrImagePull\n"],
    [{}, "State:          Waiting\n"],
    [{ terminated: { exitCode: 137, signal: 9, reason: "OOMKilled" } }, "Exit Code:    137\n      Signal:       9\n"],
  ])("state %j", async (state, expected) => {
    const containerStatuses = [{ name: "main", image: "busybox", imageID: "i", restartCount: 0, ready: false, state }];
    expect(await described({ spec, status: { containerStatuses } }, pod)).toContain(expected);
  });

  test("a mirror pod's events are those of what it mirrors", async () => {
    const metadata = { annotations: { "kubernetes.io/config.mirror": "origin" } };
    const api = serverWith({
      "/api/v1/namespaces/sea/pods/one": { metadata: { name: "one", namespace: "sea", uid: "u1", ...metadata }, spec },
    });
    const mapping = { group: "", version: "v1", ...pod, namespaced: true, singular: "pod", verbs: [] };
    await describe(mapping, { namespace: "sea", name: "one" }, { api, showEvents: true, chunkSize: 500, now: () => now });
    expect(api.asked.at(-1)?.query?.["fieldSelector"]).toBe(
      "involvedObject.name=one,involvedObject.namespace=sea,involvedObject.uid=origin",
    );
  });
});

group("what may not be read", () => {
  const labels = { matchLabels: { app: "a" } };
  const template = { metadata: { labels: { app: "a" } }, spec: { containers: [] } };

  test("a deployment's revisions are left out", async () => {
    const others = { "/apis/apps/v1/namespaces/sea/replicasets": refused(403, "Forbidden", "no") };
    const text = await described(
      { spec: { selector: labels, template } },
      { apiVersion: "apps/v1", kind: "Deployment", plural: "deployments", others },
    );
    expect(text).toContain("Replicas:           0 desired | 0 updated | 0 total | 0 available | 0 unavailable\n");
    expect(text).not.toContain("ReplicaSet:");
  });

  test("a replica set's pods: why", async () => {
    const others = { "/api/v1/namespaces/sea/pods": refused(403, "Forbidden", "pods is forbidden") };
    const text = await described(
      { spec: { selector: labels, template } },
      { apiVersion: "apps/v1", kind: "ReplicaSet", plural: "replicasets", others },
    );
    expect(text).toMatch(/Pods Status: +error in fetching pods: pods is forbidden\n/);
  });

  test("a node's pods and lease", async () => {
    const others = {
      "/api/v1/pods": refused(403, "Forbidden", "no"),
      "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/one": refused(404, "NotFound", 'leases "one" not found'),
    };
    const text = await described({}, { kind: "Node", plural: "nodes", namespaced: false, others });
    expect(text).toMatch(/Lease: +Failed to get lease: leases "one" not found\n/);
    expect(text).toMatch(/Pods: +not authorized\n/);
  });

  test("a node's pods, for another reason, fail the description", async () => {
    const others = { "/api/v1/pods": refused(500, "InternalError", "broken") };
    await expect(described({}, { kind: "Node", plural: "nodes", namespaced: false, others })).rejects.toThrow("broken");
  });

  test("an ingress's backend", async () => {
    const spec = { defaultBackend: { service: { name: "none", port: { number: 80 } } } };
    const others = { "/api/v1/namespaces/sea/services/none": refused(404, "NotFound", 'services "none" not found') };
    const text = await described({ spec }, { apiVersion: "networking.k8s.io/v1", kind: "Ingress", plural: "ingresses", others });
    expect(text).toMatch(/Default backend: +none:80 \(<error: services "none" not found>\)\n/);
  });
});

group("kinds without a description of their own", () => {
  const ship = { apiVersion: "sea.example/v1", kind: "Ship", plural: "ships" };

  test("field by field, with words for names", async () => {
    const spec = { maxSpeed: 3, podCIDRs: ["a", "b"], homeURL: "u", crew: [{ firstName: "Ann" }], empty: {}, none: null };
    const text = await described({ spec }, ship);
    expect(text.slice(text.indexOf("Spec:"))).toBe(
      [
        "Spec:",
        "  Crew:",
        "    First Name:  Ann",
        "  Empty:",
        "  Home URL:   u",
        "  Max Speed:  3",
        "  None:       <nil>",
        "  Pod CIDRs:",
        "    a",
        "    b",
        "",
      ].join("\n"),
    );
  });
});

group("where a version isn't served", () => {
  test("the next one is asked for", async () => {
    const ranges = { metadata: { name: "one" }, spec: { cidrs: ["10.0.0.0/8"] } };
    const others = {
      "/apis/networking.k8s.io/v1/servicecidrs/one": refused(404, "NotFound", "no"),
      "/apis/networking.k8s.io/v1beta1/servicecidrs/one": ranges,
    };
    const kind = { apiVersion: "networking.k8s.io/v1beta1", kind: "ServiceCIDR", plural: "servicecidrs", namespaced: false, others };
    expect(await described({}, kind)).toMatch(/CIDRs: +10\.0\.0\.0\/8\n/);
  });
});
