import { describe, expect, test } from "vitest";
import { proxyOfEnvironment, proxyProblem } from "./proxies.ts";

const env = { HTTPS_PROXY: "http://proxy:3128", HTTP_PROXY: "plain:80" };

describe("which proxy", () => {
  test.each([
    ["https://cluster.test", env, "http://proxy:3128"],
    ["http://cluster.test", env, "http://plain:80"],
    ["https://cluster.test", {}, undefined],
    ["https://cluster.test", { https_proxy: "small:1" }, "http://small:1"],
    ["https://cluster.test", { HTTPS_PROXY: "a:1", https_proxy: "b:1" }, "http://a:1"],
    ["https://cluster.test", { HTTPS_PROXY: "", https_proxy: "socks5://b:1" }, "socks5://b:1"],
    ["https://cluster.test", { HTTP_PROXY: "a:1" }, undefined],
    ["https://127.0.0.1:6443", env, undefined],
    ["https://127.8.9.1:6443", env, undefined],
    ["https://[::1]:6443", env, undefined],
    ["https://localhost:6443", env, undefined],
  ])("%s with %j: %s", (server, environment: Record<string, string>, proxy) => {
    expect(proxyOfEnvironment(server, environment)).toBe(proxy);
  });
});

describe("NO_PROXY", () => {
  test.each([
    ["*", true],
    ["cluster.test", true],
    [" other , CLUSTER.test ", true],
    ["test", true],
    [".test", true],
    ["*.test", true],
    [".cluster.test", false],
    ["luster.test", false],
    ["cluster.test:6443", true],
    ["cluster.test:443", false],
    ["", false],
  ])("%j excepts cluster.test:6443: %s", (exceptions, excepted) => {
    const proxy = proxyOfEnvironment("https://cluster.test:6443", { ...env, NO_PROXY: exceptions });
    expect(proxy).toBe(excepted ? undefined : "http://proxy:3128");
  });

  test.each([
    ["10.0.0.0/8", true],
    ["10.1.0.0/16", false],
    ["10.0.0.7", true],
    ["10.0.0.7:443", true],
    ["10.0.0.70", false],
    ["0.0.0.0/0", true],
  ])("%j excepts 10.0.0.7: %s", (exceptions, excepted) => {
    const proxy = proxyOfEnvironment("https://10.0.0.7", { ...env, no_proxy: exceptions });
    expect(proxy).toBe(excepted ? undefined : "http://proxy:3128");
  });
});

test("schemes", () => {
  expect(["http://a", "HTTPS://a", "socks5://a:1"].map(proxyProblem)).toEqual([undefined, undefined, undefined]);
  expect(proxyProblem("ftp://a")).toBe('unsupported scheme "ftp", must be http, https, or socks5');
});
