import { describe, expect, it } from "vitest";
import { parseAddress, parseFlags } from "./goFlags.ts";
import { isValidToken, signToken } from "./token.ts";

describe("parseFlags", () => {
  const defaults = { http: ":80", health: ":81" };
  it.each([
    [[], { http: ":80", health: ":81" }],
    [["-http", ":8080"], { http: ":8080", health: ":81" }],
    [["--http=127.0.0.1:1", "-health="], { http: "127.0.0.1:1", health: "" }],
    [["rest", "-http", "x"], { http: ":80", health: ":81" }],
  ])("%j", (args, expected) => {
    expect(parseFlags(args, defaults)).toEqual(expected);
  });

  it("refuses what it doesn't know, as Go words it", () => {
    expect(() => parseFlags(["-x"], defaults)).toThrow("flag provided but not defined: -x");
    expect(() => parseFlags(["-http"], defaults)).toThrow("flag needs an argument: -http");
  });

  it("reads addresses", () => {
    expect(parseAddress(":80")).toEqual({ host: "0.0.0.0", port: 80 });
    expect(parseAddress("127.0.0.1:8080")).toEqual({ host: "127.0.0.1", port: 8080 });
    for (const bad of ["80", "x:y", ":99999", ""]) expect(() => parseAddress(bad)).toThrow("missing port in address");
  });
});

describe("tokens", () => {
  const claims = { iss: "auth.service", sub: "user", email: "user@example.com", iat: 1000, exp: 2000 };
  const token = signToken(claims, "secret");

  it("is valid until its time with the right secret", () => {
    expect(isValidToken(token, "secret", 1999)).toBe(true);
    expect(isValidToken(token, "secret", 2000)).toBe(false);
    expect(isValidToken(token, "other", 1000)).toBe(false);
  });

  it("is refused when anything in it was changed", () => {
    const [head = "", body = "", signature = ""] = token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: "admin" })).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    for (const bad of ["", "a", "a.b.c", `${head}.${forged}.${signature}`, `${none}.${body}.`, `${head}.${body}`])
      expect(isValidToken(bad, "secret", 1000)).toBe(false);
  });
});
