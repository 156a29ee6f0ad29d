import { expect, test } from "vitest";
import { blockTypes, checkKeyPair } from "./keyPair.ts";

const block = (type: string): string => `-----BEGIN ${type}-----\nAAAA\n-----END ${type}-----\n`;
const [cert, key] = [block("CERTIFICATE"), block("PRIVATE KEY")];

test.each([
  ["rubbish", key, "tls: failed to find any PEM data in certificate input"],
  [
    key,
    cert,
    "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
  ],
  [
    block("A") + block("B"),
    key,
    'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [A B]',
  ],
  [cert, "rubbish", "tls: failed to find any PEM data in key input"],
  [cert, cert, "tls: found a certificate rather than a key in the PEM for the private key"],
  [
    cert,
    block("EC PARAMETERS"),
    'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [EC PARAMETERS]',
  ],
  [cert, key, "tls: the host says no"],
])("%j with %j: %s", async (left, right, message) => {
  await expect(checkKeyPair(left, right, { keyPairProblem: () => Promise.resolve("the host says no") })).rejects.toThrow(message);
});

test("what fits, and what nobody can compare", async () => {
  await expect(checkKeyPair(block("EC PARAMETERS") + cert, block("EC PARAMETERS") + block("EC PRIVATE KEY"), {})).resolves.toBeUndefined();
  expect(blockTypes(`text\n${cert}${key}`)).toEqual(["CERTIFICATE", "PRIVATE KEY"]);
});
