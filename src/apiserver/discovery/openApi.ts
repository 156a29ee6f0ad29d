/**
 * `/openapi/v3`: the index, and each group version's document, which a client that names its hash may keep for ever; `/openapi/v2`: all in one.
 * Upstream: kube-openapi's pkg/handler3/handler.go, pkg/handler/handler.go
 */
import type { Clock } from "../../base/clock.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import { OpenApiDocuments } from "../../schema/openapi.ts";
import type { Descriptions, DocumentedKind } from "../../schema/openapi.ts";
import { reviewKinds } from "../reviews/reviews.ts";
import type { Call } from "../server/call.ts";

export interface OpenApiOptions {
  readonly kinds: readonly DocumentedKind[];
  readonly version: string;
  /** Part of the hashes. */
  readonly build: string | undefined;
  /** Called when first needed: the texts are large. */
  readonly descriptions: (() => Descriptions) | undefined;
  readonly clock: Clock;
}

const root = "/openapi/v3";
const version2 = "/openapi/v2";
/** What clients ask for, and the name that is answered: `@` may not stand in a media type. */
const protobufAsked = /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/;
const protobufAnswered = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const keptForMs = 365 * 24 * 3_600_000;

export class OpenApi {
  private readonly options: OpenApiOptions;
  private made: OpenApiDocuments | undefined;
  private texts: Descriptions | undefined;

  constructor(options: OpenApiOptions) {
    this.options = options;
  }

  /** Undefined when there is no such document. */
  answer(path: string, { request, info }: Call): ApiResponse | undefined {
    if (path === root) return this.index(request.headers["if-none-match"]);
    if (path === version2) return this.swagger(request.headers["accept"] ?? "", request.headers["if-none-match"]);
    if (!path.startsWith(`${root}/`)) return undefined;
    const name = path.slice(root.length + 1);
    const body = this.documents().document(name);
    if (body === undefined) return undefined;
    const hash = this.documents().hash(name);
    const asked = info.query.text("hash") ?? "";
    if (asked !== "" && asked !== hash) {
      return { status: 301, headers: { location: `${path}?hash=${hash}`, "cache-control": "no-cache" }, body: new Uint8Array(0) };
    }
    const etag = `"${hash}"`;
    const expires = new Date(this.options.clock.now() + keptForMs).toUTCString();
    const caching = asked === "" ? { "cache-control": "no-cache, private" } : { "cache-control": "public, immutable", expires };
    return answered(body, etag, request.headers["if-none-match"], caching);
  }

  private index(known: string | undefined): ApiResponse {
    const documents = this.documents();
    // All documents are made now: the texts are no longer needed.
    const index = documents.index();
    this.texts = undefined;
    const etag = `"${documents.paths.map((path) => documents.hash(path)).join("")}"`;
    return answered(index, etag, known, { "cache-control": "no-cache, private" });
  }

  private swagger(accept: string, known: string | undefined): ApiResponse {
    const documents = this.documents();
    const form = protobufAsked.test(accept) ? "protobuf" : "json";
    const body = documents.swagger(form);
    this.texts = undefined;
    const etag = `"${form}${documents.paths.map((path) => documents.hash(path)).join("")}"`;
    const type: Readonly<Record<string, string>> = form === "protobuf" ? { "content-type": protobufAnswered } : {};
    return answered(body, etag, known, { "cache-control": "no-cache, private", ...type });
  }

  private documents(): OpenApiDocuments {
    const { kinds, version, build, descriptions } = this.options;
    const documented: DocumentedKind[] = [...kinds, ...reviewKinds];
    const texts = (): Descriptions => (this.texts ??= descriptions?.() ?? {});
    this.made ??= new OpenApiDocuments({ kinds: documented, version, stamp: build, descriptions: texts });
    return this.made;
  }
}

function answered(body: Uint8Array, etag: string, known: string | undefined, caching: Readonly<Record<string, string>>): ApiResponse {
  const headers = { "content-type": "application/json", etag, vary: "Accept", ...caching };
  return known === etag ? { status: 304, headers, body: new Uint8Array(0) } : { status: 200, headers, body };
}
