/** What Node's X509Certificate doesn't tell of a certificate, read out of its DER. Throws where that is anything but plain. */

export interface CertificateFacts {
  /** Of the algorithm that it is signed with, in hexadecimal, as all the names here. */
  readonly signatureAlgorithm: string;
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean; readonly value: Uint8Array }>;
}

interface Element {
  readonly tag: number;
  readonly body: Uint8Array;
}

const sequence = 0x30;
const bitString = 3;
const extensionsTag = 0xa3;

export function certificateFacts(der: Uint8Array): CertificateFacts {
  const [signed, algorithm] = elements(only(der, sequence));
  if (signed === undefined || algorithm === undefined) throw new Error("no certificate");
  const fields = elements(signed.body);
  const [version, , algorithmInside] = fields;
  if (version?.tag !== 0xa0 || hex(version.body) !== "020102") throw new Error("no certificate of version 3");
  if (algorithmInside === undefined || hex(algorithm.body) !== hex(algorithmInside.body)) throw new Error("two algorithms");
  const [algorithmName] = elements(algorithm.body);
  const list = fields.find(({ tag }) => tag === extensionsTag);
  return {
    signatureAlgorithm: algorithmName === undefined ? "" : hex(algorithmName.body),
    extensions: list === undefined ? new Map() : extensionsOf(only(list.body, sequence)),
  };
}

function extensionsOf(list: Uint8Array): CertificateFacts["extensions"] {
  const extensions = new Map<string, { critical: boolean; value: Uint8Array }>();
  for (const extension of elements(list)) {
    const [name, ...rest] = elements(extension.body);
    const value = rest.at(-1);
    if (name?.tag !== 6 || value?.tag !== 4 || rest.length > 2) throw new Error("an odd extension");
    const id = hex(name.body);
    if (extensions.has(id)) throw new Error("an extension twice");
    extensions.set(id, { critical: rest.length === 2, value: value.body });
  }
  return extensions;
}

/** The bits of a KeyUsage: its first byte; the others don't matter here. */
export function keyUsageBits(value: Uint8Array): number {
  const bits = only(value, bitString)[1];
  if (bits === undefined) throw new Error("an odd key usage");
  return bits;
}

/** What is in the one element that there must be. */
function only(bytes: Uint8Array, tag: number): Uint8Array {
  const [element, ...others] = elements(bytes);
  if (element?.tag !== tag || others.length > 0) throw new Error("an odd element");
  return element.body;
}

/** The elements that stand side by side; lengths must be definite and fit exactly. */
function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0x80;
    const more = first < 0x80 ? 0 : first & 0x7f;
    if ((tag & 0x1f) === 0x1f || first === 0x80 || more > 3) throw new Error("an odd element");
    let length = first < 0x80 ? first : 0;
    for (let n = 0; n < more; n += 1) length = length * 256 + (bytes[at + 2 + n] ?? 0);
    const start = at + 2 + more;
    if (start + length > bytes.length) throw new Error("an element that is cut off");
    found.push({ tag, body: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
