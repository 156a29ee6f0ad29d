/** DNS messages as data. Numbers are those of the IANA registries. */

/** Labels from the leftmost to the top, without the root; bytes as characters U+0000 to U+00FF, case as on the wire. */
export type Name = readonly string[];

export const recordType = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 } as const;
export const classIn = 1;
export const classAny = 255;

export const rcode = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5, badVersion: 16 } as const;
export type Rcode = (typeof rcode)[keyof typeof rcode];

export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

export type RecordData =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME" | "NS" | "PTR"; readonly target: Name }
  | { readonly type: "SRV"; readonly priority: number; readonly weight: number; readonly port: number; readonly target: Name }
  | { readonly type: "TXT"; readonly texts: readonly string[] }
  | {
      readonly type: "SOA";
      readonly primary: Name;
      readonly mailbox: Name;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
  /** Any other, as it came. */
  | { readonly type: "other"; readonly number: number; readonly bytes: Uint8Array };

export interface ResourceRecord {
  readonly name: Name;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
}

export interface Edns {
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

export interface Message {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  /** With the extension bits of EDNS. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without OPT, which is `edns`. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
}

export function typeNumber(data: RecordData): number {
  return data.type === "other" ? data.number : recordType[data.type];
}

/** `web.default.svc` as labels; a trailing dot is ignored. */
export function nameOf(text: string): Name {
  const bare = text.endsWith(".") ? text.slice(0, -1) : text;
  return bare === "" ? [] : bare.split(".");
}

/** The same labels with A to Z in lower case, and nothing else changed. */
export function lowerCase(name: Name): Name {
  return name.map((label) => label.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
}

/** Whether the name lies in the zone or is its top. Both in lower case. */
export function isWithin(name: Name, zone: Name): boolean {
  const offset = name.length - zone.length;
  return offset >= 0 && zone.every((label, i) => label === name[offset + i]);
}
