import { describe, expect, test } from "vitest";
import { deployment } from "../api/apps/v1/deployment.ts";
import { node } from "../api/core/v1/node.ts";
import { pod } from "../api/core/v1/pod.ts";
import type { ApiRequest, ApiResponse } from "../machinery/http.ts";
import { aPod } from "../testing/objects.ts";
import type { Client } from "./client.ts";
import { createClient } from "./httpClient.ts";

const answer = (status: number, body: unknown): ApiResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode(JSON.stringify(body)),
});

/** A client whose server gives one answer to everything, and the requests that it got. */
function against(response: ApiResponse): { client: Client; requests: ApiRequest[] } {
  const requests: ApiRequest[] = [];
  const transport = (request: ApiRequest): Promise<ApiResponse> => {
    requests.push(request);
    return Promise.resolve(response);
  };
  return { client: createClient(transport, { userAgent: "test/1", fieldManager: "tester" }), requests };
}

const key = { namespace: "shop", name: "web" };
const sent = (request: ApiRequest | undefined): unknown =>
  request?.body === undefined ? undefined : JSON.parse(new TextDecoder().decode(request.body));

const failureStatus = (code: number, reason: string): unknown => ({
  kind: "Status",
  status: "Failure",
  code,
  reason,
  message: `no: ${reason}`,
});

describe("http client", () => {
  test.each<[string, (client: Client) => Promise<unknown>, string, string, string | undefined]>([
    ["get", (c) => c.get(pod, key), "GET", "/api/v1/namespaces/shop/pods/web", undefined],
    ["get of a cluster-scoped kind", (c) => c.get(node, { namespace: "", name: "n1" }), "GET", "/api/v1/nodes/n1", undefined],
    ["list of all namespaces", (c) => c.list(deployment), "GET", "/apis/apps/v1/deployments", undefined],
    [
      "list with options",
      (c) => c.list(pod, { namespace: "shop", labelSelector: "app=web,tier in (a)", limit: 5, continue: "x/y" }),
      "GET",
      "/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb%2Ctier%20in%20(a)&limit=5&continue=x%2Fy",
      undefined,
    ],
    [
      "create",
      (c) => c.create(pod, aPod("web", { namespace: "shop" })),
      "POST",
      "/api/v1/namespaces/shop/pods?fieldManager=tester",
      "application/json",
    ],
    [
      "update of the status",
      (c) => c.updateStatus(pod, aPod("web", { namespace: "shop" })),
      "PUT",
      "/api/v1/namespaces/shop/pods/web/status?fieldManager=tester",
      "application/json",
    ],
    [
      "strategic patch",
      (c) => c.patch(pod, key, "strategic", { a: 1 }),
      "PATCH",
      "/api/v1/namespaces/shop/pods/web?fieldManager=tester",
      "application/strategic-merge-patch+json",
    ],
    [
      "merge patch of a sub-resource",
      (c) => c.patch(deployment, key, "merge", { a: 1 }, "scale"),
      "PATCH",
      "/apis/apps/v1/namespaces/shop/deployments/web/scale?fieldManager=tester",
      "application/merge-patch+json",
    ],
    [
      "post to a sub-resource",
      (c) => c.createSub(pod, key, "binding", {}),
      "POST",
      "/api/v1/namespaces/shop/pods/web/binding?fieldManager=tester",
      "application/json",
    ],
  ])("%s", async (...[_name, act, method, url, contentType]) => {
    const { client, requests } = against(answer(200, { kind: "Pod", metadata: { name: "web" } }));
    await act(client);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method, url });
    expect(requests[0]?.headers["content-type"]).toBe(contentType);
    expect(requests[0]?.headers["user-agent"]).toBe("test/1");
  });

  test("get gives undefined for NotFound and throws other failures with their Status", async () => {
    expect(await against(answer(404, failureStatus(404, "NotFound"))).client.get(pod, key)).toBeUndefined();
    await expect(against(answer(403, failureStatus(403, "Forbidden"))).client.get(pod, key)).rejects.toMatchObject({
      code: 403,
      reason: "Forbidden",
      message: "no: Forbidden",
    });
    const broken: ApiResponse = { status: 502, headers: {}, body: new TextEncoder().encode("<html>") };
    await expect(against(broken).client.get(pod, key)).rejects.toMatchObject({ code: 502 });
  });

  test("list names its items' kind, which servers leave out, and ends paging at an empty token", async () => {
    const body = { kind: "PodList", metadata: { resourceVersion: "9", continue: "" }, items: [{ metadata: { name: "a" } }] };
    const list = await against(answer(200, body)).client.list(pod);
    expect(list).toEqual({
      items: [{ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }],
      resourceVersion: "9",
      continue: undefined,
    });
  });

  test("create doesn't change the caller's object", async () => {
    const { client } = against(answer(201, { metadata: { name: "a" } }));
    const object = Object.freeze({ metadata: { name: "a", namespace: "shop" }, spec: { containers: [] } });
    await expect(client.create(pod, object)).resolves.toMatchObject({ kind: "Pod" });
  });

  test.each<[string, number, unknown, unknown]>([
    ["gone at once", 200, { kind: "Status", status: "Success", details: { uid: "u1" } }, { state: "deleted", uid: "u1" }],
    [
      "going, with its grace",
      200,
      { kind: "Pod", metadata: { name: "web", uid: "u1", deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 30 } },
      { state: "terminating" },
    ],
    [
      "held by a finalizer",
      200,
      { kind: "Pod", metadata: { name: "web", uid: "u1", deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x"] } },
      { state: "terminating" },
    ],
    ["answered with its last state", 200, { kind: "Pod", metadata: { name: "web", uid: "u1" } }, { state: "deleted", uid: "u1" }],
    ["absent", 404, { kind: "Status", code: 404, reason: "NotFound" }, { state: "absent" }],
  ])("deletion: %s", async (_name, status, body, outcome) => {
    const { client, requests } = against(answer(status, body));
    expect(await client.deleteObject(pod, key, { preconditions: { uid: "u1" } })).toMatchObject(outcome as object);
    expect(sent(requests[0])).toEqual({ kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "u1" } });
    expect(await against(answer(status, body)).client.delete(pod, key)).toBe(status !== 404);
  });

  test("watch asks for bookmarks, and for the initial events when wanted", async () => {
    const { client, requests } = against({ status: 200, headers: {}, body: new Uint8Array() });
    const { signal } = new AbortController();
    for await (const _ of client.watch(pod, { signal, resourceVersion: "5", timeoutSeconds: 60 })) expect.unreachable();
    for await (const _ of client.watch(pod, { signal, sendInitialEvents: true, fieldSelector: "spec.nodeName=n1" })) expect.unreachable();
    expect(requests.map((request) => request.url)).toEqual([
      "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=60",
      "/api/v1/pods?watch=true&allowWatchBookmarks=true&fieldSelector=spec.nodeName%3Dn1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    ]);
  });
});
