import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createJwtAuthority } from "../../src/apiserver/authn/jwt.ts";
import type { ApiRequest } from "../../src/machinery/http.ts";
import { readAnswer, testServer } from "./server.ts";
import type { Answer, TestServer } from "./server.ts";

const issuer = "https://kubernetes.default.svc.cluster.local";
let api: TestServer;
beforeEach(async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const tokenAuthority = await createJwtAuthority({ issuer, privateKey: pair.privateKey, publicKey: pair.publicKey });
  const staticTokens = { "node-secret": { name: "system:node:n1", groups: ["system:nodes"] } };
  api = await testServer({ authentication: { tokenAuthority, staticTokens } });
  await api.send("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

async function as(who: string | undefined, url: string, request: Partial<ApiRequest> = {}): Promise<Answer> {
  const identity = who === undefined ? undefined : { commonName: who, organizations: [] };
  return await readAnswer(await api.server.handle({ method: "GET", url, headers: {}, ...request }, identity));
}
const withToken = (token: string): Partial<ApiRequest> => ({ headers: { authorization: `Bearer ${token}` } });
const tokens = "/api/v1/namespaces/default/serviceaccounts/default/token";
const post = (token: string, body: object): Partial<ApiRequest> => ({
  method: "POST",
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  body: new TextEncoder().encode(JSON.stringify(body)),
});

describe("who may", () => {
  test("without credentials only health and version", async () => {
    expect((await as(undefined, "/readyz")).text).toBe("ok");
    expect((await as(undefined, "/version")).status).toBe(200);
    const refused = await as(undefined, "/api/v1/pods");
    expect(refused.body).toMatchObject({ code: 401, reason: "Unauthorized", message: "Unauthorized" });
    expect((await as(undefined, "/apis")).status).toBe(401);
  });

  test("a wrong token is worse than none", async () => {
    expect((await as(undefined, "/version", withToken("nope"))).status).toBe(401);
    expect((await as("kubernetes-admin", "/version", withToken("nope"))).status).toBe(401);
  });

  test("somebody known but not trusted", async () => {
    const { body } = await as("jane", "/api/v1/namespaces/default/pods");
    expect(body).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    expect((await as("jane", "/apis")).status).toBe(200);
  });

  test("a component's own token", async () => {
    expect((await as(undefined, "/api/v1/nodes", withToken("node-secret"))).status).toBe(200);
  });
});

describe("ServiceAccount tokens", () => {
  test("are issued, say who one is, and expire", async () => {
    const { status, body } = await api.send("POST", tokens, { spec: { audiences: [], expirationSeconds: 600 } });
    expect([status, body.status.expirationTimestamp]).toEqual([201, "2026-01-01T00:10:00Z"]);
    const review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const { token } = body.status;
    const me = await as(undefined, review, post(token, {}));
    expect(me.body.status.userInfo).toMatchObject({
      username: "system:serviceaccount:default:default",
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    });
    await api.clock.advance(600_000);
    expect((await as(undefined, "/api/v1/pods", withToken(token))).status).toBe(401);
  });

  test("die with what they are bound to", async () => {
    const pod = await api.send("POST", "/api/v1/namespaces/default/pods", {
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    const ref = { kind: "Pod", apiVersion: "v1", name: "p", uid: pod.body.metadata.uid };
    const { body } = await api.send("POST", tokens, { spec: { audiences: [], boundObjectRef: ref } });
    const ask = async () => (await as(undefined, "/api/v1/pods", withToken(body.status.token))).status;
    expect(await ask()).toBe(200);
    await api.send("DELETE", "/api/v1/namespaces/default/pods/p");
    await api.clock.settle();
    expect(await ask()).toBe(401);
    const other = await api.send("POST", tokens, { spec: { audiences: [], boundObjectRef: ref } });
    expect([other.status, other.body.message]).toEqual([404, 'pods "p" not found']);
  });

  test("for another audience aren't for this server, but can be reviewed", async () => {
    const { body } = await api.send("POST", tokens, { spec: { audiences: ["vault"] } });
    const { token } = body.status;
    expect((await as(undefined, "/api/v1/pods", withToken(token))).status).toBe(401);
    const reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
    const good = await api.send("POST", reviews, { spec: { token, audiences: ["vault"] } });
    expect(good.body.status).toMatchObject({
      authenticated: true,
      audiences: ["vault"],
      user: { username: "system:serviceaccount:default:default" },
    });
    const bad = await api.send("POST", reviews, { spec: { token } });
    expect(bad.body.status.authenticated).toBeUndefined();
  });

  test("have limits", async () => {
    const short = await api.send("POST", tokens, { spec: { audiences: [], expirationSeconds: 60 } });
    expect([short.status, short.body.message]).toEqual([
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ]);
    const keys = await as("jane", "/openid/v1/jwks");
    expect(keys.status).toBe(403);
    expect((await api.send("GET", "/openid/v1/jwks")).body.keys).toHaveLength(1);
  });
});

describe("reviews", () => {
  const access = "/apis/authorization.k8s.io/v1";
  const asking = { resourceAttributes: { verb: "list", resource: "pods", namespace: "default" } };

  test("may I, may they", async () => {
    expect((await api.send("POST", `${access}/selfsubjectaccessreviews`, { spec: asking })).body.status).toEqual({ allowed: true });
    const jane = await api.send("POST", `${access}/subjectaccessreviews`, { spec: { ...asking, user: "jane" } });
    expect(jane.body.status).toEqual({ allowed: false });
    const local = await api.send("POST", `${access}/namespaces/other/localsubjectaccessreviews`, { spec: { ...asking, user: "jane" } });
    expect(local.status).toBe(400);
    const rules = await api.send("POST", `${access}/selfsubjectrulesreviews`, { spec: { namespace: "default" } });
    expect(rules.body.status.resourceRules).toEqual([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]);
  });

  test("a review isn't stored, nor listed", async () => {
    expect((await api.send("GET", `${access}/selfsubjectaccessreviews`)).status).toBe(405);
    expect((await api.send("GET", `${access}/selfsubjectaccessreviews/a`)).status).toBe(404);
  });
});

describe("acting as somebody else", () => {
  const whoami = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const asJane = { "impersonate-user": "jane", "impersonate-group": "devs, ops", "impersonate-extra-team": "a" };

  test("by who may", async () => {
    const { body } = await api.send("POST", whoami, {}, asJane);
    expect(body.status.userInfo).toEqual({ username: "jane", groups: ["devs", "ops", "system:authenticated"], extra: { team: ["a"] } });
    expect((await api.send("GET", "/api/v1/pods", undefined, asJane)).status).toBe(403);
    const account = await api.send("POST", whoami, {}, { "impersonate-user": "system:serviceaccount:a:b" });
    expect(account.body.status.userInfo.groups).toEqual(["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]);
  });

  test("by who may not", async () => {
    const { status, body } = await as("jack", "/version", { headers: { "impersonate-user": "kubernetes-admin" } });
    expect([status, body.message]).toEqual([
      403,
      'users "kubernetes-admin" is forbidden: User "jack" cannot impersonate resource "users" in API group "" at the cluster scope',
    ]);
    const nobody = await api.send("GET", "/version", undefined, { "impersonate-group": "system:masters" });
    expect(nobody.status).toBe(400);
  });
});
