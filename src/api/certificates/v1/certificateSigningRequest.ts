/** CertificateSigningRequest. Upstream: pkg/registry/certificates/certificatesigningrequest/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { CertificateSigningRequest } from "../../../schema/shapes/certificates.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const certificateSigningRequest: Kind<CertificateSigningRequest> = defineKind({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  namespaced: false,
  shortNames: ["csr"],
  subresources: ["status"],
  struct: "k8s.io/api/certificates/v1.CertificateSigningRequest",
});
