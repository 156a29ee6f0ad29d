/** Configurations of webhooks, which charts bring along. */
import { expect, it } from "vitest";
import { created, createProblems, type Sent } from "../../../testing/kindCases.ts";
import { mutatingWebhookConfiguration } from "./mutatingWebhookConfiguration.ts";
import { validatingWebhookConfiguration } from "./validatingWebhookConfiguration.ts";

const webhook = (parts: Sent = {}): Sent => ({
  name: "check.example.com",
  clientConfig: { service: { name: "s", namespace: "n" } },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  ...parts,
});

it("fills what was left out", () => {
  const [first] = created(mutatingWebhookConfiguration, { webhooks: [webhook()] }).webhooks ?? [];
  expect(first).toMatchObject({
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    timeoutSeconds: 10,
    reinvocationPolicy: "Never",
    namespaceSelector: {},
    clientConfig: { service: { port: 443 } },
  });
});

it.each<[string, Sent, string[]]>([
  ["nothing to say", webhook(), []],
  [
    "a short name",
    webhook({ name: "check" }),
    ['webhooks[0].name: Invalid value: "check": should be a domain with at least three segments separated by dots'],
  ],
  [
    "no place to ask",
    webhook({ clientConfig: {} }),
    ["webhooks[0].clientConfig: Required value: exactly one of url or service is required"],
  ],
  [
    "too much time",
    webhook({ timeoutSeconds: 31 }),
    ["webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds"],
  ],
  [
    "no known version",
    webhook({ admissionReviewVersions: ["v9"] }),
    ['webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1'],
  ],
])("says of %s", (_, one, problems) => {
  expect(createProblems(validatingWebhookConfiguration, { webhooks: [one] })).toEqual(problems);
});
