import { describe, expect, it } from "vitest";
import { expressions, isAccepted, meantBy, type ProxyFilter } from "./proxyRules.ts";

const usual: ProxyFilter = {
  acceptPaths: expressions("^.*"),
  rejectPaths: expressions("^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach"),
  acceptHosts: expressions("^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$"),
  rejectMethods: expressions("^$"),
};

describe("the proxy's filter", () => {
  it.each([
    ["GET", "/api/v1/pods", "localhost:8001", true],
    ["GET", "/api/v1/pods", "127.0.0.1", true],
    ["GET", "/api/v1/pods", "evil.example:8001", false],
    ["POST", "/api/v1/namespaces/default/pods/web/exec", "localhost", false],
    ["POST", "/api/v1/namespaces/default/pods/web/attach", "localhost", false],
  ])("%s %s of %s", (method, path, host, accepted) => {
    expect(isAccepted(usual, { method, path, host })).toBe(accepted);
  });

  it("rejects methods and refuses what is no expression", () => {
    const filter = { ...usual, rejectMethods: expressions("POST,PUT") };
    expect(isAccepted(filter, { method: "PUT", path: "/api", host: "localhost" })).toBe(false);
    expect(() => expressions("(")).toThrow("Error compiling re: error parsing regexp");
  });
});

describe("a path", () => {
  it.each([
    ["/api/v1", { api: "/", files: undefined }, { form: "api", path: "/api/v1" }],
    ["/static/a.html", { api: "/", files: "/static/" }, { form: "file", path: "a.html" }],
    ["/custom/api/v1", { api: "/custom/", files: undefined }, { form: "api", path: "/api/v1" }],
    ["/api/v1", { api: "/custom/", files: undefined }, { form: "nothing" }],
    ["/api/v1", { api: "/api/", files: undefined }, { form: "api", path: "/api/v1" }],
    ["/apis", { api: "/api/", files: undefined }, { form: "nothing" }],
  ] as const)("%s", (path, prefixes, meant) => {
    expect(meantBy(path, prefixes)).toEqual(meant);
  });
});
