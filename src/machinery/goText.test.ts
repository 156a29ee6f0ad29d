import { describe, expect, test } from "vitest";
import { goJson, goQuote } from "./goText.ts";

describe("Go texts", () => {
  test.each([
    ["plain text", '"plain text"'],
    ['a "b" \\', String.raw`"a \"b\" \\"`],
    ["tab\tnew\nline\r", String.raw`"tab\tnew\nline\r"`],
    ["\u0000\u007f", String.raw`"\x00\x7f"`],
    ["naïve 日本 €", '"naïve 日本 €"'],
    ["\u200b\u{e0001}", String.raw`"\u200b\U000e0001"`],
  ])("%j quoted", (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });
  test("JSON has sorted keys and escaped angle brackets", () => {
    expect(goJson({ b: 1, a: ["<&>"], c: undefined })).toBe(String.raw`{"a":["\u003c\u0026\u003e"],"b":1}`);
    expect(goJson(undefined)).toBe("null");
  });
});
