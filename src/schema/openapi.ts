/**
 * OpenAPI v3 as the API serves it: an index, and a document for each group version, made when first asked for and kept as bytes.
 * `kubectl explain` reads texts in them, `create` and `apply` which parameters a write takes. And one document of OpenAPI v2 over all of them.
 * Upstream: kube-openapi's pkg/handler3/handler.go
 */
import { componentName, Components, type Descriptions, type Schema } from "./openapi/components.ts";
import { swaggerDocument } from "./openapi/swagger.ts";
import { swaggerProtobuf } from "./openapi/swaggerProtobuf.ts";
import { addPaths, deleteOptionsStruct, type DocumentedKind, statusStruct } from "./openapi/paths.ts";
import { structNamed, structOf } from "./structs.ts";

export type { Descriptions } from "./openapi/components.ts";
export type { DocumentedKind } from "./openapi/paths.ts";

export interface OpenApiOptions {
  readonly kinds: readonly DocumentedKind[];
  /** Texts for `kubectl explain`; without them it shows none. Asked for when a document is made, and not kept: they are large. */
  readonly descriptions?: (() => Descriptions) | undefined;
  /** Changes with the texts and with the program: clients keep a document for as long as its hash, made from this, stays. */
  readonly stamp?: string | undefined;
  /** Shown in each document, e.g. `v1.36.3`. */
  readonly version: string;
}

export type SwaggerForm = "json" | "protobuf";

const utf8 = new TextEncoder();

export class OpenApiDocuments {
  private readonly options: OpenApiOptions;
  private readonly kinds = new Map<string, DocumentedKind[]>();
  private readonly bytes = new Map<string, Uint8Array>();
  private indexBytes: Uint8Array | undefined;
  private readonly swaggers = new Map<SwaggerForm, Uint8Array>();
  constructor(options: OpenApiOptions) {
    this.options = options;
    for (const kind of options.kinds) {
      const path = kind.group === "" ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`;
      this.kinds.set(path, [...(this.kinds.get(path) ?? []), kind]);
    }
  }

  /** Of all documents, e.g. `apis/apps/v1`. */
  get paths(): readonly string[] {
    return [...this.kinds.keys()];
  }

  /** The body of `/openapi/v3`: where each document is, with a hash of its content. */
  index(): Uint8Array {
    this.indexBytes ??= this.makeIndex();
    return this.indexBytes;
  }

  private makeIndex(): Uint8Array {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const path of [...this.kinds.keys()].sort()) {
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.hash(path)}` };
    }
    return utf8.encode(JSON.stringify({ paths }));
  }

  /** The document at `api/v1` or `apis/apps/v1`; undefined when no kind lives there. */
  document(path: string): Uint8Array | undefined {
    const kinds = this.kinds.get(path);
    if (kinds === undefined) return undefined;
    const known = this.bytes.get(path);
    if (known !== undefined) return known;
    const made = utf8.encode(JSON.stringify(this.make(kinds)));
    this.bytes.set(path, made);
    return made;
  }

  /** The document of OpenAPI v2. */
  swagger(form: SwaggerForm): Uint8Array {
    const known = this.swaggers.get(form);
    if (known !== undefined) return known;
    const document = swaggerDocument(this.parts(this.options.kinds), this.options.version);
    const made = form === "protobuf" ? swaggerProtobuf(document) : utf8.encode(JSON.stringify(document));
    this.swaggers.set(form, made);
    return made;
  }

  /** A fingerprint of what the document is made from; the document itself may never be asked for. */
  hash(path: string): string {
    const { version, stamp = "" } = this.options;
    return fingerprint(utf8.encode(JSON.stringify([version, stamp, this.kinds.get(path)])));
  }

  private make(kinds: readonly DocumentedKind[]): Schema {
    const { paths, schemas } = this.parts(kinds);
    return { openapi: "3.0.0", info: { title: "Kubernetes", version: this.options.version }, paths, components: { schemas } };
  }

  private parts(kinds: readonly DocumentedKind[]): { readonly paths: Record<string, Schema>; readonly schemas: Record<string, Schema> } {
    const components = new Components(this.options.descriptions?.() ?? {});
    const paths: Record<string, Schema> = {};
    for (const kind of kinds) {
      addKind(components, kind);
      addPaths(paths, kind);
    }
    components.add(structOf(deleteOptionsStruct));
    components.add(structOf(statusStruct));
    components.schemas[componentName("k8s.io/apimachinery/pkg/apis/meta/v1.Patch")] = { type: "object" };
    return { paths: sortedByKey(paths), schemas: sortedByKey(components.schemas) };
  }
}

function addKind(components: Components, kind: DocumentedKind): void {
  const identity = { group: kind.group, kind: kind.kind, version: kind.version };
  components.add(structOf(kind.struct), { "x-kubernetes-group-version-kind": [identity] });
  const list = kind.listKind === undefined ? undefined : structNamed(kind.struct.replace(/\.[^.]*$/, `.${kind.listKind}`));
  if (list !== undefined) components.add(list, { "x-kubernetes-group-version-kind": [{ ...identity, kind: kind.listKind }] });
  if (kind.subresources?.includes("scale") === true) addScale(components);
}

function addScale(components: Components): void {
  const identity = { group: "autoscaling", kind: "Scale", version: "v1" };
  components.add(structOf("autoscaling/v1.Scale"), { "x-kubernetes-group-version-kind": [identity] });
}

function sortedByKey<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const hex = (sum: number): string => (sum >>> 0).toString(16).padStart(8, "0");

/** Two interleaved FNV-1a sums: enough to tell versions of a document apart, not meant for secrets. */
function fingerprint(bytes: Uint8Array): string {
  let [even, odd] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < bytes.length; i += 2) {
    even = Math.imul(even ^ (bytes[i] ?? 0), 0x01000193);
    odd = Math.imul(odd ^ (bytes[i + 1] ?? 0), 0x01000193);
  }
  return `${hex(even)}${hex(odd)}`.toUpperCase();
}
