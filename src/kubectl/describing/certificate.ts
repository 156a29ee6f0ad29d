/** CertificateSigningRequests. Upstream: kubectl/pkg/describe/describe.go (describeCertificateSigningRequest) */
import { humanDuration } from "../../machinery/time.ts";
import type { CertificateSigningRequest } from "../../schema/shapes/certificates.v1.ts";
import { KubectlError, textOf } from "../errors.ts";
import { parseCertificateRequest, type CertificateRequest } from "./certificateRequest.ts";
import type { Page } from "./page.ts";
import { labelsText, localTime } from "./parts.ts";

export function describeCertificate({ metadata, spec, status }: CertificateSigningRequest, page: Page): void {
  const request = requestOf(spec.request);
  page.field(0, "Name", metadata.name);
  page.field(0, "Labels", labelsText(metadata.labels));
  page.field(0, "Annotations", labelsText(metadata.annotations));
  page.field(0, "CreationTimestamp", localTime(metadata.creationTimestamp));
  page.field(0, "Requesting User", spec.username);
  if (spec.signerName !== "") page.field(0, "Signer", spec.signerName);
  if (spec.expirationSeconds !== undefined) page.field(0, "Requested Duration", humanDuration(spec.expirationSeconds * 1000));
  page.field(0, "Status", statusText(status));
  putSubject(page, request);
}

function requestOf(base64: string): CertificateRequest {
  try {
    return parseCertificateRequest(atob(base64));
  } catch (error) {
    throw new KubectlError(`Error parsing CSR: ${textOf(error)}`);
  }
}

function statusText(status: CertificateSigningRequest["status"]): string {
  const types = (status?.conditions ?? []).map(({ type }) => type);
  const decided = types.includes("Denied") ? "Denied" : types.includes("Approved") ? "Approved" : "Pending";
  const failed = types.includes("Failed") ? ",Failed" : "";
  return `${decided}${failed}${(status?.certificate ?? "") === "" ? "" : ",Issued"}`;
}

const subjectLists: readonly (readonly [string, string])[] = [
  ["Organization", "2.5.4.10"],
  ["Organizational Unit", "2.5.4.11"],
  ["Country", "2.5.4.6"],
  ["Locality", "2.5.4.7"],
  ["Province", "2.5.4.8"],
  ["StreetAddress", "2.5.4.9"],
  ["PostalCode", "2.5.4.17"],
];

function putSubject(page: Page, request: CertificateRequest): void {
  page.line(0, "Subject:");
  page.row(0, "", "Common Name:", request.subject.get("2.5.4.3")?.at(-1) ?? "");
  page.row(0, "", "Serial Number:", request.subject.get("2.5.4.5")?.at(-1) ?? "");
  for (const [title, identifier] of subjectLists) putValues(page, title, request.subject.get(identifier) ?? []);
  const { dnsNames, emails, uris, addresses } = request;
  if (dnsNames.length + emails.length + uris.length + addresses.length === 0) return;
  page.line(0, "Subject Alternative Names:");
  putValues(page, "DNS Names", dnsNames);
  putValues(page, "Email Addresses", emails);
  putValues(page, "URIs", uris);
  putValues(page, "IP Addresses", addresses);
}

function putValues(page: Page, title: string, values: readonly string[]): void {
  values.forEach((value, at) => page.row(0, "", at === 0 ? `${title}:` : "", value));
}
