/**
 * Which form the client wants its answer in: media type and conversion (Table, PartialObjectMetadata), out of the Accept header.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go
 */
import { notAcceptable } from "../../machinery/status.ts";

export type Media = "json" | "yaml" | "protobuf";
export type Conversion = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList" | "APIGroupDiscoveryList";

export interface Output {
  readonly media: Media;
  readonly pretty: boolean;
  /** The kind that the object or list is converted to; `as` with its group-version. */
  readonly convert: Conversion | undefined;
  /** The version asked for with the conversion: v1, or v2 for discovery. */
  readonly convertVersion: string;
}

/** In upstream's order: the first one answers a wildcard. */
export const mediaTypes: Readonly<Record<Media, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};
const supported = Object.values(mediaTypes);

/** What an endpoint can answer with beyond its plain object. */
export interface Offer {
  readonly conversions: readonly Conversion[];
  /** Whether a plain object can be sent as protobuf. */
  readonly protobuf: boolean;
}

interface Clause {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
}

/** Accept headers are few and repeat with every request. */
const clausesOf = new Map<string, readonly Clause[]>();
const maxRememberedHeaders = 256;

/** Throws 406 when nothing the client lists can be had. */
export function negotiate(accept: string | undefined, offer: Offer, pretty: boolean): Output {
  if (accept === undefined || accept === "") return { media: "json", pretty, convert: undefined, convertVersion: "" };
  for (const clause of parseAccept(accept)) {
    const output = outputFor(clause, offer, pretty);
    if (output !== undefined) return output;
  }
  throw notAcceptable(supported);
}

function outputFor(clause: Clause, offer: Offer, pretty: boolean): Output | undefined {
  const convert = clause.params.get("as");
  const version = clause.params.get("v") ?? "";
  for (const media of ["json", "yaml", "protobuf"] as const) {
    const full = mediaTypes[media];
    if (clause.type !== full && clause.type !== "application/*" && clause.type !== "*/*") continue;
    if (clause.params.get("stream") !== undefined && clause.params.get("stream") !== "watch") return undefined;
    const isPretty = pretty || clause.params.get("pretty") === "1";
    if (convert === undefined) {
      if (media === "protobuf" && !offer.protobuf) continue;
      return { media, pretty: isPretty, convert: undefined, convertVersion: "" };
    }
    const known = offer.conversions.find((conversion) => conversion === convert);
    if (known === undefined || media === "protobuf" || !groupFits(known, clause)) continue;
    return { media, pretty: isPretty, convert: known, convertVersion: version };
  }
  return undefined;
}

function groupFits(convert: Conversion, clause: Clause): boolean {
  const group = clause.params.get("g") ?? "";
  const version = clause.params.get("v") ?? "";
  if (convert === "APIGroupDiscoveryList") return group === "apidiscovery.k8s.io" && version === "v2";
  return group === "meta.k8s.io" && (version === "v1" || version === "v1beta1");
}

function parseAccept(header: string): readonly Clause[] {
  const known = clausesOf.get(header);
  if (known !== undefined) return known;
  const clauses = header
    .split(",")
    .map(parseClause)
    .filter((clause) => clause.type !== "" && clause.quality > 0)
    .sort((a, b) => b.quality - a.quality);
  if (clausesOf.size < maxRememberedHeaders) clausesOf.set(header, clauses);
  return clauses;
}

function parseClause(text: string): Clause & { quality: number } {
  const [type = "", ...rest] = text.split(";");
  const params = new Map<string, string>();
  let quality = 1;
  for (const part of rest) {
    const equals = part.indexOf("=");
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    const value = equals < 0 ? "" : part.slice(equals + 1).trim();
    if (name === "q") quality = Number.isFinite(Number(value)) ? Number(value) : 1;
    else if (name !== "") params.set(name, value);
  }
  return { type: type.trim().toLowerCase(), params, quality };
}

/** Browsers and curl get indented JSON, as does whoever asks with `?pretty=true`. */
export function wantsPretty(userAgent: string | undefined, asked: string | undefined): boolean {
  if (asked !== undefined && asked !== "") return asked === "1" || asked.toLowerCase() === "true";
  return userAgent !== undefined && /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}
