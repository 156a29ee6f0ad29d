/**
 * What a PKCS #10 request asks for: subject and alternative names. Signatures aren't checked.
 * Upstream: kubectl/pkg/util/certificate/certificate.go, Go's crypto/x509
 */
export interface CertificateRequest {
  /** Values by the last numbers of their object identifier: `2.5.4.3` is the common name. */
  readonly subject: ReadonlyMap<string, readonly string[]>;
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  readonly addresses: readonly string[];
}

interface Element {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** Throws for what is no request; the message is upstream's where it is a likely one. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const match = /-----BEGIN ([A-Z ]+)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----/.exec(pem);
  if (match === null || match[1] !== "CERTIFICATE REQUEST") throw new Error("PEM block type must be CERTIFICATE REQUEST");
  const der = Uint8Array.from(atob((match[2] ?? "").replaceAll(/\s/g, "")), (character) => character.charCodeAt(0));
  const info = elements(elements(elements(der)[0]?.bytes)[0]?.bytes);
  const [, subject, , attributes] = info;
  const names = namesIn(attributes);
  const only = (tag: number): string[] => names.filter((name) => name.tag === tag).map(({ bytes }) => new TextDecoder().decode(bytes));
  return {
    subject: subjectOf(subject),
    dnsNames: only(0x82),
    emails: only(0x81),
    uris: only(0x86),
    addresses: names.filter(({ tag }) => tag === 0x87).map(({ bytes }) => addressText(bytes)),
  };
}

function elements(bytes: Uint8Array = new Uint8Array()): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length > 0x80) {
      const count = length & 0x7f;
      length = 0;
      for (const byte of bytes.subarray(at, at + count)) length = length * 256 + byte;
      at += count;
    }
    if (at + length > bytes.length) throw new Error("asn1: structure error: length too large");
    found.push({ tag, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

function subjectOf(subject: Element | undefined): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const pair of elements(subject?.bytes).flatMap((set) => elements(set.bytes))) {
    const [type, value] = elements(pair.bytes);
    const name = identifier(type?.bytes ?? new Uint8Array());
    found.set(name, [...(found.get(name) ?? []), new TextDecoder().decode(value?.bytes)]);
  }
  return found;
}

const extensionRequest = "1.2.840.113549.1.9.14";
const subjectAltName = "2.5.29.17";

function namesIn(attributes: Element | undefined): Element[] {
  for (const attribute of elements(attributes?.bytes)) {
    const [type, values] = elements(attribute.bytes);
    if (type === undefined || identifier(type.bytes) !== extensionRequest) continue;
    for (const extension of elements(elements(values?.bytes)[0]?.bytes)) {
      const parts = elements(extension.bytes);
      if (parts[0] !== undefined && identifier(parts[0].bytes) === subjectAltName) return elements(elements(parts.at(-1)?.bytes)[0]?.bytes);
    }
  }
  return [];
}

function identifier(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length === 0) numbers.push(Math.min(Math.floor(number / 40), 2), number - Math.min(Math.floor(number / 40), 2) * 40);
    else numbers.push(number);
    number = 0;
  }
  return numbers.join(".");
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: bytes.length / 2 }, (_, at) => (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
