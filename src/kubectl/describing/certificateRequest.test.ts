import { expect, test } from "vitest";
import { parseCertificateRequest } from "./certificateRequest.ts";

/** Made with openssl: five subject fields, names of every sort that describe shows. */
const request = atob(
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQmxUQ0NBVG9DQVFBd1p6RUxNQWtHQTFVRUJoTUNSRVV4RGpBTUJnTlZCQWdNQlVobGMzTmxNUTB3Q3dZRApWUVFIREFSVWIzZHVNUTB3Q3dZRFZRUUtEQVJrWlhaek1Rd3dDZ1lEVlFRS0RBTnZjSE14RFRBTEJnTlZCQXNNCkJIVnVhWFF4RFRBTEJnTlZCQU1NQkdwaGJtVXdXVEFUQmdjcWhrak9QUUlCQmdncWhrak9QUU1CQndOQ0FBVEkKUzRVZWQyVFNkeERHT0JsK0JNMVBGYTkvT2FFQmtOZW5sTzduRGxDNGhiT0N3NENlYkhUTnBNSktiRG4zQnc5dgo3R2xRaFNoWXRaU1NwblpSc3Fwd29IRXdid1lKS29aSWh2Y05BUWtPTVdJd1lEQmVCZ05WSFJFRVZ6QlZnZ2xoCkxtVjRZVzF3YkdXQ0NXSXVaWGhoYlhCc1pZY0VDZ0FBQVljUUlBRU51QUFBQUFBQUFBQUFBQUFBQVlFUWFtRnUKWlVCbGVHRnRjR3hsTG1OdmJZWVRhSFIwY0hNNkx5OTRMbVY0WVcxd2JHVXZlVEFLQmdncWhrak9QUVFEQWdOSgpBREJHQWlFQStqWlIrUk9EZFVQNjRBOWdyMG9zREV6T3VlbVQ5eHlxRWhzQmd4ZHFEWE1DSVFDaUdGRmFIZDhrCkhIN0xvc2xaRi9JYXgwZ3B0bTN0c1ByYmUyaUVTU0hKMUE9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K",
);

test("subject and alternative names", () => {
  const found = parseCertificateRequest(request);
  expect(Object.fromEntries(found.subject)).toEqual({
    "2.5.4.6": ["DE"],
    "2.5.4.8": ["Hesse"],
    "2.5.4.7": ["Town"],
    "2.5.4.10": ["devs", "ops"],
    "2.5.4.11": ["unit"],
    "2.5.4.3": ["jane"],
  });
  expect(found.dnsNames).toEqual(["a.example", "b.example"]);
  expect(found.emails).toEqual(["jane@example.com"]);
  expect(found.uris).toEqual(["https://x.example/y"]);
  expect(found.addresses).toEqual(["10.0.0.1", "2001:db8::1"]);
});

test.each(["", "no PEM", request.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"), request.slice(0, 40)])("%j is no request", (text) => {
  expect(() => parseCertificateRequest(text)).toThrow("PEM block type must be CERTIFICATE REQUEST");
});

test("bytes that end too early", () => {
  const cut = btoa(atob("MIIBlTCCAToCAQAw"));
  expect(() => parseCertificateRequest(`-----BEGIN CERTIFICATE REQUEST-----\n${cut}\n-----END CERTIFICATE REQUEST-----`)).toThrow(
    "asn1: structure error",
  );
});
