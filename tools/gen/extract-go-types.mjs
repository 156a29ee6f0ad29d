// @ts-check
/**
 * Reads the API's types out of a genuine kubectl: Go keeps the names, JSON and protobuf tags of every struct field in each binary.
 * Writes build/go-types.json, from which facts.mjs makes what is committed. Usage: node tools/gen/extract-go-types.mjs [KUBECTL]
 * (without an argument, the binary that tools/kubectl.mjs brings). 64-bit little-endian ELF only.
 * Upstream: Go's internal/abi/type.go, which lays these records out.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { genuineTools } from "../kubectl.mjs";

const binary = readFileSync(process.argv[2] ?? join(genuineTools(), "kubectl"));
const outFile = new URL("../../build/go-types.json", import.meta.url);

/** abi.Kind, by number. */
const kinds = [
  ..."invalid bool int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64 complex64 complex128".split(" "),
  ..."array chan func interface map pointer slice string struct unsafe".split(" "),
];
/** Bytes of a type record before its uncommon part (package and methods). @type {Record<string, number>} */
const recordBytes = { array: 72, chan: 64, func: 56, interface: 80, map: 112, pointer: 56, slice: 56, struct: 80 };
const plainRecordBytes = 48;
const flags = { uncommon: 1, extraStar: 2, named: 4 };

/** @param {number} at */
const u64 = (at) => Number(binary.readBigUInt64LE(at));

/** @typedef {{ name: string, address: number, offset: number, size: number, stored: boolean }} Section */
/** @returns {Section[]} */
function readSections() {
  const table = u64(0x28);
  const entryBytes = binary.readUInt16LE(0x3a);
  const at = (/** @type {number} */ i) => table + i * entryBytes;
  const names = u64(at(binary.readUInt16LE(0x3e)) + 24);
  return Array.from({ length: binary.readUInt16LE(0x3c) }, (_, i) => {
    const start = names + binary.readUInt32LE(at(i));
    return {
      name: binary.toString("latin1", start, binary.indexOf(0, start)),
      address: u64(at(i) + 16),
      offset: u64(at(i) + 24),
      size: u64(at(i) + 32),
      stored: binary.readUInt32LE(at(i) + 4) !== 8,
    };
  });
}
const sections = readSections();

/** @param {string} name */
function section(name) {
  const found = sections.find((s) => s.name === name);
  if (found === undefined) throw new Error(`the binary has no section ${name}`);
  return found;
}

/** Where in the file an address is; -1 outside. @param {number} address */
function fileOffset(address) {
  const home = sections.find((s) => s.stored && s.address > 0 && address >= s.address && address < s.address + s.size);
  return home === undefined ? -1 : address - home.address + home.offset;
}

/** Offsets of type records from the start of all types. */
const links = (() => {
  const { offset, size } = section(".typelink");
  return Array.from({ length: size / 4 }, (_, i) => binary.readInt32LE(offset + 4 * i));
})();

/** Where the types start: near the start of .rodata; the guess under which most links point at plausible records. */
function findTypesBase() {
  const linkable = new Set(["array", "chan", "func", "map", "pointer", "slice"]);
  const sample = Array.from({ length: 200 }, (_, i) => links[Math.floor((i * links.length) / 200)] ?? 0);
  let best = { score: -1, base: 0 };
  for (let i = 0; i < 64; i += 1) {
    const base = section(".rodata").address + 32 * i;
    const score = sample.filter((link) => {
      const at = fileOffset(base + link);
      return at >= 0 && linkable.has(kinds[(binary[at + 23] ?? 0) & 31] ?? "") && u64(at) <= 1e6;
    }).length;
    if (score > best.score) best = { score, base };
  }
  if (best.score < 190) throw new Error("the types of this binary can't be found; its Go version may lay them out otherwise");
  return best.base;
}
const typesBase = findTypesBase();

/** A length-prefixed text. @param {number} at */
function readText(at) {
  let length = 0;
  let bytes = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = binary[at + bytes] ?? 0;
    bytes += 1;
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return { text: binary.toString("utf8", at + bytes, at + bytes + length), end: at + bytes + length };
}

/** A name record: a flag byte, the name, and the struct tag when there is one. @param {number} at */
function readName(at) {
  const name = readText(at + 1);
  return { name: name.text, tag: ((binary[at] ?? 0) & 2) === 0 ? "" : readText(name.end).text };
}

/** @typedef {{ name: string, tag: string, type: number }} FieldRecord */
/** @typedef {{ kind: string, name: string | undefined, element?: number, key?: number, fields?: FieldRecord[] }} Type */
/** @type {Map<number, Type>} */
const types = new Map();

/** @param {number} address @returns {Type} */
function typeAt(address) {
  const known = types.get(address);
  if (known !== undefined) return known;
  const at = fileOffset(address);
  const kind = kinds[(binary[at + 23] ?? 0) & 31] ?? "invalid";
  /** @type {Type} */
  const type = { kind, name: qualifiedName(at, kind) };
  types.set(address, type);
  if (kind === "map") {
    type.key = u64(at + 48);
    type.element = u64(at + 56);
  } else if (kind === "array" || kind === "pointer" || kind === "slice") type.element = u64(at + 48);
  else if (kind === "struct") type.fields = readFields(fileOffset(u64(at + 56)), u64(at + 64));
  return type;
}

/** `k8s.io/api/apps/v1.Deployment`; undefined for types without a name of their own. @param {number} at @param {string} kind */
function qualifiedName(at, kind) {
  const flag = binary[at + 20] ?? 0;
  if ((flag & flags.uncommon) === 0 || (flag & flags.named) === 0) return undefined;
  const packageName = binary.readInt32LE(at + (recordBytes[kind] ?? plainRecordBytes));
  if (packageName === 0) return undefined;
  const { name } = readName(fileOffset(typesBase + binary.readInt32LE(at + 40)));
  const own = (flag & flags.extraStar) === 0 ? name : name.slice(1);
  return `${readName(fileOffset(typesBase + packageName)).name}.${own.slice(own.lastIndexOf(".") + 1)}`;
}

/** @param {number} at @param {number} count @returns {FieldRecord[]} */
function readFields(at, count) {
  return Array.from({ length: count }, (_, i) => ({ ...readName(fileOffset(u64(at + 24 * i))), type: u64(at + 24 * i + 8) }));
}

/** A type as Go writes it, packages in full. @param {number} address @returns {string} */
function goType(address) {
  const type = typeAt(address);
  return type.name ?? shapeOf(type);
}

/** @param {Type} type @returns {string} */
function shapeOf(type) {
  if (type.kind === "pointer") return `*${goType(type.element ?? 0)}`;
  if (type.kind === "slice") return `[]${goType(type.element ?? 0)}`;
  if (type.kind === "map") return `map[${goType(type.key ?? 0)}]${goType(type.element ?? 0)}`;
  return type.kind;
}

/** Everything that the linked types lead to. */
function visitAll() {
  const waiting = links.map((link) => typesBase + link);
  const seen = new Set(waiting);
  for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
    const type = typeAt(address);
    for (const next of [type.element, type.key, ...(type.fields ?? []).map((f) => f.type)]) {
      if (next === undefined || next === 0 || seen.has(next) || fileOffset(next) < 0) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
}

/** @param {string} tag @param {string} key */
const tagOf = (tag, key) => new RegExp(`(?:^| )${key}:"([^"]*)"`).exec(tag)?.[1];

/** @param {FieldRecord} field */
function fieldFacts({ name, tag, type }) {
  const [json, protobuf] = [tagOf(tag, "json"), tagOf(tag, "protobuf")];
  if (json === undefined && protobuf === undefined) return [];
  return [[name, json ?? "", goType(type), protobuf ?? "", tagOf(tag, "patchStrategy") ?? "", tagOf(tag, "patchMergeKey") ?? ""]];
}

visitAll();
/** @type {Record<string, string[][]>} */
const structs = {};
/** @type {Record<string, string>} */
const named = {};
const api = /^k8s\.io\/(api|apimachinery|metrics)\//;
const byName = [...types.values()].filter((type) => type.name !== undefined && api.test(type.name));
for (const type of byName.sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1))) {
  const fields = (type.fields ?? []).flatMap(fieldFacts);
  if (fields.length > 0) structs[type.name ?? ""] = fields;
  else if (type.kind !== "struct") named[type.name ?? ""] = shapeOf(type);
}
mkdirSync(new URL(".", outFile), { recursive: true });
writeFileSync(outFile, JSON.stringify({ structs, named }));
console.log(`${Object.keys(structs).length} structs, ${Object.keys(named).length} named types`);
