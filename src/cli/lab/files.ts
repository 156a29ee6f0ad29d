/** The lab's folder as a person gets it: manifests copied out of the package, and a TLS certificate of its own made on the spot. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createClusterCertificates } from "../../host-node/pki.ts";
import { programFolder } from "../programs.ts";

/** A file or folder of the package, beside dist/. */
export function packagePath(...parts: string[]): string {
  return join(dirname(programFolder()), ...parts);
}

export function guideText(language: "en" | "ko"): string {
  return readFileSync(packagePath("docs", language === "ko" ? "lab.ko.md" : "lab.md"), "utf8");
}

/** Writes the lab into `folder`; files that are there already are left as they are. */
export async function writeLab(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  cpSync(packagePath("lab"), folder, { recursive: true, force: false, errorOnExist: false });
  const tls = join(folder, "tls");
  if (existsSync(join(tls, "key.pem"))) return;
  mkdirSync(tls, { recursive: true, mode: 0o700 });
  const made = await createClusterCertificates("lab", ["frontend", "frontend.default.svc.cluster.local"], Date.now());
  writeFileSync(join(tls, "ca.pem"), made.caCert);
  writeFileSync(join(tls, "cert.pem"), made.serverCert);
  writeFileSync(join(tls, "key.pem"), made.serverKey, { mode: 0o600 });
}
