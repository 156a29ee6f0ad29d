import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addQuantities, parseQuantity, Quantity, tryParseQuantity } from "./quantity.ts";

describe("quantities", () => {
  test.each([
    ["100m", "100m", 1, 100],
    ["0.1", "100m", 1, 100],
    ["1.5", "1500m", 2, 1500],
    ["1.500", "1.500", 2, 1500],
    ["1000m", "1", 1, 1000],
    ["0", "0", 0, 0],
    ["0.0Ki", "0", 0, 0],
    ["64Mi", "64Mi", 67108864, 67108864000],
    ["1024Ki", "1Mi", 1048576, 1048576000],
    ["1.5Gi", "1536Mi", 1610612736, 1610612736000],
    ["0.5Mi", "512Ki", 524288, 524288000],
    ["0.001Ki", "1024m", 2, 1024],
    ["1000Ki", "1000Ki", 1024000, 1024000000],
    ["100", "100", 100, 100000],
    ["1000", "1k", 1000, 1000000],
    ["12e6", "12e6", 12000000, 12000000000],
    ["1E", "1E", 1e18, 1e21],
    ["5u", "5u", 1, 1],
    ["0.1n", "1n", 1, 1],
    ["-5m", "-5m", -1, -5],
    ["+5", "+5", 5, 5000],
    [".5", "500m", 1, 500],
    ["100000000000", "100G", 1e11, 1e14],
  ])("%s is %s", (text, canonical, value, milli) => {
    const quantity = parseQuantity(text);
    expect([String(quantity), quantity.value(), quantity.milliValue()]).toEqual([canonical, value, milli]);
  });

  test.each([
    ["", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ["lots", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ["1 Gi", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ["1.2.3", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ["1GiB", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ["1GG", "unable to parse quantity's suffix"],
    ["1e", "unable to parse quantity's suffix"],
  ])("%s is none", (text, message) => {
    expect(() => parseQuantity(text)).toThrow(message);
    expect(tryParseQuantity(text)).toBeUndefined();
  });

  test("binary ones are capped; absurd exponents cost nothing", () => {
    expect(parseQuantity("100Ei").value()).toBe(Number(2n ** 63n - 1n));
    expect(parseQuantity("1e999999999").value()).toBeGreaterThan(1e100);
    expect(parseQuantity("1e-999999999").milliValue()).toBe(1);
  });

  test("sums, differences, comparison", () => {
    expect(String(parseQuantity("1").add(parseQuantity("500m")))).toBe("1500m");
    expect(String(parseQuantity("1Gi").subtract(parseQuantity("512Mi")))).toBe("512Mi");
    expect(String(parseQuantity("0").add(parseQuantity("1Ki")))).toBe("1Ki");
    expect(parseQuantity("1").compare(parseQuantity("1000m"))).toBe(0);
    expect(parseQuantity("1Gi").compare(parseQuantity("1G"))).toBeGreaterThan(0);
    expect(addQuantities({ cpu: "100m" }, { cpu: "900m", memory: "1Mi" })).toEqual({ cpu: "1", memory: "1Mi" });
    expect([String(Quantity.of(2048, "BinarySI")), String(Quantity.ofMilli(1250))]).toEqual(["2Ki", "1250m"]);
  });

  test("property: the canonical text reads back as the same amount", () => {
    const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E-2");
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(999), suffix, (whole, fraction, unit) => {
        const quantity = parseQuantity(`${whole}.${fraction}${unit}`);
        expect(parseQuantity(String(quantity)).compare(quantity)).toBe(0);
      }),
    );
  });
});
