/**
 * From a query's bytes to the answer's, for any transport. Names outside the cluster go to the resolver that was given, or are refused; an external
 * name's own addresses are looked up along with it, because programs' resolvers don't do that themselves. Left out: caching.
 */
import { below, type Rng } from "../base/rng.ts";
import type { Log } from "../base/log.ts";
import { decodeMessage, DnsFormatError } from "./decode.ts";
import { encodeMessage, maxMessageBytes } from "./encode.ts";
import {
  classAny,
  classIn,
  rcode,
  recordType,
  type Edns,
  type Message,
  type Question,
  type Rcode,
  type ResourceRecord,
} from "./message.ts";
import { reverseAddress, type ClusterZone, type ZoneAnswer } from "./zone.ts";

export type DnsTransport = "udp" | "tcp";

/** Sends a query on as it is; rejects when no server answers. */
export type Resolver = (query: Uint8Array, transport: DnsTransport) => Promise<Uint8Array>;

export interface DnsServerOptions {
  readonly zone: ClusterZone;
  /** For names outside the cluster. Absent: they are refused, and single labels don't exist. */
  readonly resolver?: Resolver | undefined;
  /** Spreads clients that take the first address. */
  readonly rng: Rng;
  readonly log: Log;
}

/** Undefined: no answer is due (what came was no query). */
export type DnsServer = (query: Uint8Array, transport: DnsTransport) => Promise<Uint8Array | undefined>;

/** Without EDNS a client takes this much over UDP. */
const plainUdpBytes = 512;
/** The most that is sent over UDP: larger datagrams would be cut into fragments. */
const largestUdpBytes = 1232;
const headerBytes = 12;
const maxAliases = 8;

export function createDnsServer(options: DnsServerOptions): DnsServer {
  return async (bytes, transport) => {
    if (bytes.length < headerBytes) return undefined;
    let query: Message;
    try {
      query = decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof DnsFormatError)) throw error;
      // The header can be read: whoever sent a query is told. A broken answer is nobody's question.
      return ((bytes[2] ?? 0) & 0x80) === 0 ? encodeMessage(formatError(bytes)) : undefined;
    }
    if (query.isResponse) return undefined;
    return answerQuery({ ...options, query, bytes, transport });
  };
}

interface Exchange extends DnsServerOptions {
  readonly query: Message;
  readonly bytes: Uint8Array;
  readonly transport: DnsTransport;
}

async function answerQuery(exchange: Exchange): Promise<Uint8Array> {
  const { query, zone, transport } = exchange;
  const [question, ...others] = query.questions;
  const limit = limitOf(query.edns, transport);
  const refusal = refusalOf(query);
  if (refusal !== undefined) return encodeMessage(failure(query, refusal), limit);
  if (question === undefined || others.length > 0) return encodeMessage(failure(query, rcode.formatError), limit);
  const local = localAnswer(zone, question);
  if (local === undefined) return forward(exchange, limit);
  const chased = await chase(exchange, question, local);
  const response: Message = {
    ...skeleton(query),
    authoritative: true,
    rcode: chased.rcode,
    answers: shuffledAddresses(chased.answers, exchange.rng),
    authorities: chased.authorities,
    additionals: chased.additionals,
  };
  return encodeMessage(response, limit);
}

function refusalOf({ opcode, edns, questions }: Message): Rcode | undefined {
  if (opcode !== 0) return rcode.notImplemented;
  if (edns !== undefined && edns.version > 0) return rcode.badVersion;
  const strange = questions.some((question) => question.class !== classIn && question.class !== classAny);
  return strange ? rcode.refused : undefined;
}

function localAnswer(zone: ClusterZone, { name, type }: Pick<Question, "name" | "type">): ZoneAnswer | undefined {
  if (zone.covers(name)) return zone.answer(name, type);
  const ip = reverseAddress(name);
  return ip === undefined ? undefined : zone.reverse(name, ip, type);
}

/** Follows aliases, in the zone and beyond, and adds what it finds. What can't be found is left out: the alias itself is true. */
async function chase(exchange: Exchange, question: Question, first: ZoneAnswer): Promise<ZoneAnswer> {
  const answers = [...first.answers];
  let last = answers.at(-1);
  for (let i = 0; i < maxAliases && last?.data.type === "CNAME" && question.type !== recordType.CNAME; i += 1) {
    const next = { name: last.data.target, type: question.type };
    const local = localAnswer(exchange.zone, next);
    const found = local === undefined ? await lookUp(exchange, { ...next, class: classIn }) : local.answers;
    answers.push(...found);
    last = local === undefined ? undefined : found.at(-1);
  }
  return { ...first, answers };
}

async function lookUp({ resolver, transport, query, log }: Exchange, question: Question): Promise<readonly ResourceRecord[]> {
  if (resolver === undefined) return [];
  try {
    const request: Message = { ...failure(query, rcode.noError), isResponse: false, recursionDesired: true, questions: [question] };
    return decodeMessage(await resolver(encodeMessage(request), transport)).answers;
  } catch (error) {
    log.debug("an external name could not be resolved", { name: question.name.join("."), error: String(error) });
    return [];
  }
}

async function forward({ resolver, bytes, transport, query, log }: Exchange, limit: number): Promise<Uint8Array> {
  if (resolver === undefined) {
    // A single label is nobody's name outside; of others nothing can be said.
    const bare = (query.questions[0]?.name.length ?? 0) <= 1;
    return encodeMessage(failure(query, bare ? rcode.nameError : rcode.refused), limit);
  }
  try {
    return await resolver(bytes, transport);
  } catch (error) {
    log.debug("a query could not be forwarded", { name: query.questions[0]?.name.join("."), error: String(error) });
    return encodeMessage(failure(query, rcode.serverFailure), limit);
  }
}

function limitOf(edns: Edns | undefined, transport: DnsTransport): number {
  if (transport === "tcp") return maxMessageBytes;
  return Math.min(Math.max(edns?.udpSize ?? plainUdpBytes, plainUdpBytes), largestUdpBytes);
}

function skeleton(query: Message): Message {
  return {
    id: query.id,
    isResponse: true,
    opcode: query.opcode,
    authoritative: false,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: true,
    rcode: rcode.noError,
    questions: query.questions,
    answers: [],
    authorities: [],
    additionals: [],
    edns: query.edns === undefined ? undefined : { udpSize: largestUdpBytes, version: 0, dnssecOk: query.edns.dnssecOk },
  };
}

function failure(query: Message, code: Rcode): Message {
  return { ...skeleton(query), rcode: code };
}

/** Id and flags are all that could be read. */
function formatError(bytes: Uint8Array): Message {
  const id = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const opcode = ((bytes[2] ?? 0) >> 3) & 0xf;
  const asked = { id, opcode, recursionDesired: ((bytes[2] ?? 0) & 1) !== 0, questions: [], edns: undefined };
  return { ...skeleton({ ...emptyMessage, ...asked }), rcode: rcode.formatError };
}

const emptyMessage: Message = {
  id: 0,
  isResponse: false,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  rcode: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: undefined,
};

/** Addresses in another order each time, behind the aliases that lead to them. */
function shuffledAddresses(answers: readonly ResourceRecord[], rng: Rng): ResourceRecord[] {
  const addresses = answers.filter(isAddress);
  for (let i = addresses.length - 1; i > 0; i -= 1) {
    const j = below(rng, i + 1);
    const [a, b] = [addresses[i], addresses[j]];
    if (a !== undefined && b !== undefined) [addresses[i], addresses[j]] = [b, a];
  }
  return [...answers.filter((record) => !isAddress(record)), ...addresses];
}

function isAddress({ data }: ResourceRecord): boolean {
  return data.type === "A" || data.type === "AAAA";
}
