/**
 * CertificateSigningRequest: asks for a certificate. Who asks is written in by the API server; approval and issue have sub-resources.
 * Left out: a look into the request's own bytes. Upstream: pkg/registry/certificates/certificates/strategy.go
 */
import { conditionTrue } from "../../../machinery/conditions.ts";
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import { humanDuration } from "../../../machinery/time.ts";
import type { CertificateSigningRequest, CertificateSigningRequestSpec } from "../../../schema/shapes/certificates.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { pathSegmentName, problemsAt } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";

const minExpirationSeconds = 600;

const columns: readonly Column<CertificateSigningRequest>[] = [
  ageColumn(),
  column("SignerName", "Who is to sign", ({ spec }) => spec.signerName),
  column("Requestor", "Who asks", ({ spec }) => spec.username ?? ""),
  column("RequestedDuration", "How long it is to be good", durationText),
  column("Condition", "What has been decided", conditionText),
];

export const certificateSigningRequest: Kind<CertificateSigningRequest> = defineKind<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  namespaced: false,
  shortNames: ["csr"],
  subresources: ["status"],
  struct: "k8s.io/api/certificates/v1.CertificateSigningRequest",
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate(next, previous) {
    next.spec = previous.spec;
    next.status = previous.status ?? {};
  },
  ...checkedWithMeta<CertificateSigningRequest>({ namespaced: false, name: pathSegmentName }, ({ spec }, at) =>
    validateSpec(spec, at.child("spec")),
  ),
  selectableFields: { "spec.signerName": ({ spec }) => spec.signerName },
  columns,
});

function durationText({ spec }: CertificateSigningRequest): string {
  return spec.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000);
}

function conditionText({ status }: CertificateSigningRequest): string {
  const holds = (type: string): boolean => conditionTrue(status?.conditions, type);
  const parts: string[] = [];
  if (holds("Denied")) parts.push("Denied");
  else if (holds("Approved")) parts.push("Approved");
  else parts.push("Pending");
  if (holds("Failed")) parts.push("Failed");
  if (status?.certificate) parts.push("Issued");
  return parts.join(",");
}

const usages: readonly string[] = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

function validateSpec(
  { request, usages: wanted = [], expirationSeconds, signerName }: CertificateSigningRequestSpec,
  at: Path,
): FieldError[] {
  const usagesAt = at.child("usages");
  const errors = request === "" ? [invalid(at.child("request"), "", "PEM block type must be CERTIFICATE REQUEST")] : [];
  if (wanted.length === 0) errors.push(required(usagesAt, "usages are required"));
  errors.push(...wanted.flatMap((usage, i) => (usages.includes(usage) ? [] : [notSupported(usagesAt.index(i), usage, usages)])));
  if (expirationSeconds !== undefined && expirationSeconds < minExpirationSeconds) {
    const text = `may not specify a duration less than ${minExpirationSeconds} seconds (10m0s)`;
    errors.push(invalid(at.child("expirationSeconds"), expirationSeconds, text));
  }
  return [...errors, ...validateSigner(signerName, at.child("signerName"))];
}

/** A domain, a slash and a path: `kubernetes.io/kube-apiserver-client`. */
function validateSigner(name: string, at: Path): FieldError[] {
  if (name === "") return [required(at)];
  const [domain = "", path = "", ...rest] = name.split("/");
  if (path === "" || rest.length > 0)
    return [invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors = [...problemsAt(at, domain, dnsSubdomainProblems(domain)), ...problemsAt(at, path, dnsSubdomainProblems(path))];
  return domain.includes(".")
    ? errors
    : [...errors, invalid(at, domain, "should be a domain with at least two segments separated by dots")];
}
