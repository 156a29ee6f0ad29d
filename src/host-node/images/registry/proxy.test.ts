import { describe, expect, it } from "vitest";
import { environmentProxy, proxyHeaders } from "./proxy.ts";

describe("environmentProxy", () => {
  const env = { HTTP_PROXY: "plain.lan:3128", https_proxy: "https://user:p%40ss@secure.lan" };
  const chosen = (url: string, more: Readonly<Record<string, string>> = {}): string | undefined =>
    environmentProxy({ ...env, ...more })(new URL(url))?.href;

  it("gives the proxy as a URL", () => {
    expect(chosen("http://quay.io/v2/")).toBe("http://plain.lan:3128/");
    expect(chosen("https://quay.io/v2/")).toBe("https://user:p%40ss@secure.lan/");
    expect(environmentProxy({})(new URL("https://quay.io"))).toBeUndefined();
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
