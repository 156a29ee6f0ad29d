import { describe, expect, it } from "vitest";
import { environmentProxy, proxyHeaders } from "./proxy.ts";

describe("environmentProxy", () => {
  const env = { HTTP_PROXY: "plain.lan:3128", https_proxy: "https://user:p%40ss@secure.lan" };
  const chosen = (url: string, more: Readonly<Record<string, string>> = {}): string | undefined =>
    environmentProxy({ ...env, ...more })(new URL(url))?.href;

  it("tells plain and secure requests apart, capitals or not", () => {
    expect(chosen("http://quay.io/v2/")).toBe("http://plain.lan:3128/");
    expect(chosen("https://quay.io/v2/")).toBe("https://user:p%40ss@secure.lan/");
    expect(environmentProxy({})(new URL("https://quay.io"))).toBeUndefined();
    expect(chosen("http://quay.io/", { REQUEST_METHOD: "GET" })).toBeUndefined();
  });

  it.each(["http://localhost:5000/", "https://127.1.2.3/", "http://[::1]/"])("leaves %s alone", (url) => {
    expect(chosen(url)).toBeUndefined();
  });

  it.each([
    ["example.org", "https://example.org/", true],
    ["example.org", "https://registry.example.org/", true],
    ["example.org", "https://otherexample.org/", false],
    [".example.org", "https://example.org/", false],
    ["*.example.org", "https://registry.example.org/", true],
    [" a.b , 10.0.0.0/8", "https://10.2.3.4/", true],
    ["10.0.0.0/8", "https://11.2.3.4/", false],
    ["fd00::/8", "http://[fd12::1]/", true],
    ["example.org:5000", "https://example.org:5000/", true],
    ["example.org:5000", "https://example.org/", false],
    ["10.1.1.1", "http://10.1.1.1/", true],
    ["*", "https://anything/", true],
    ["", "https://anything/", false],
  ])("NO_PROXY=%s means of %s: %s", (exceptions, url, direct) => {
    expect(chosen(url, { NO_PROXY: exceptions }) === undefined).toBe(direct);
  });

  it("refuses what is no proxy of HTTP, without telling its password", () => {
    expect(() => chosen("http://quay.io", { HTTP_PROXY: "socks5://me:secret@here" })).toThrow(
      'the environment\'s proxy "socks5://here" is not one of HTTP',
    );
  });

  it("gives the proxy its own password", () => {
    expect(proxyHeaders(new URL("http://user:p%40ss@here"))).toEqual({ "proxy-authorization": `Basic ${btoa("user:p@ss")}` });
    expect(proxyHeaders(new URL("http://here"))).toEqual({});
  });
});
