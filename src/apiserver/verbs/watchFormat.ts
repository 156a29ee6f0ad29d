/** How one watch event is written: as JSON of the object, a Table row or bare metadata. An event's bytes are made once for all watchers alike. */
import { stringify } from "yaml";
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import { apiVersionOf } from "../../machinery/kind.ts";
import type { Output } from "../request/negotiate.ts";
import type { CacheEvent } from "../storage/kindCache.ts";
import type { Stored } from "../storage/stored.ts";
import { partialOf, tableOf } from "../table/convert.ts";
import type { IncludeObject } from "../table/convert.ts";

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

const encoder = new TextEncoder();

export class WatchFormat {
  private readonly kind: Kind;
  private readonly output: Output;
  private readonly include: IncludeObject;
  private readonly now: () => number;
  private readonly key: string;
  /** A Table's columns are sent with the first event only. */
  private columnsSent = false;

  constructor(kind: Kind, output: Output, include: IncludeObject, now: () => number) {
    this.kind = kind;
    this.output = output;
    this.include = include;
    this.now = now;
    const version = kind.storedAs === undefined ? "" : apiVersionOf(kind);
    this.key = `${version}|${output.media}|${output.convert ?? ""}|${output.convertVersion}|${output.convert === "Table" ? include : ""}`;
  }

  /** `event` absent: bytes for this watcher alone. */
  encode(type: EventType, stored: Stored, event: CacheEvent | undefined): Uint8Array {
    const withColumns = this.output.convert === "Table" && !this.columnsSent;
    if (event === undefined || withColumns) return this.make(type, stored);
    const key = `${type}|${this.key}`;
    const made = event.encodings.get(key);
    if (made !== undefined) return made;
    const bytes = this.make(type, stored);
    event.encodings.set(key, bytes);
    return bytes;
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    const annotations = initialEventsEnd ? { "k8s.io/initial-events-end": "true" } : undefined;
    const metadata = { name: "", resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
    const bare = { kind: this.kind.kind, apiVersion: apiVersionOf(this.kind), metadata: { ...metadata, name: undefined } };
    return this.frame("BOOKMARK", this.bookmarkShape(bare as unknown as KubeObject));
  }

  private bookmarkShape(bare: KubeObject): object {
    const { convert, convertVersion: version } = this.output;
    if (convert === "Table") {
      const { resourceVersion } = bare.metadata;
      const row = { cells: [], object: partialOf(bare, version) };
      return { kind: "Table", apiVersion: `meta.k8s.io/${version}`, metadata: { resourceVersion }, columnDefinitions: null, rows: [row] };
    }
    if (convert !== undefined) return partialOf(bare, version);
    return bare;
  }

  private make(type: EventType, stored: Stored): Uint8Array {
    const { output, kind } = this;
    if (output.convert === undefined && output.media === "json" && kind.storedAs === undefined) return jsonFrame(type, stored.json());
    const object = kind.storedAs === undefined ? stored.object : kind.storedAs.fromStored(stored.object);
    if (output.convert === "Table") {
      const table: object = tableOf(kind, [object], { include: this.include, now: this.now(), version: output.convertVersion });
      const shown = this.columnsSent ? { ...table, columnDefinitions: null } : table;
      this.columnsSent = true;
      return this.frame(type, shown);
    }
    return this.frame(type, output.convert === undefined ? object : partialOf(object, output.convertVersion));
  }

  private frame(type: string, object: object): Uint8Array {
    const event = { type, object };
    return encoder.encode(this.output.media === "yaml" ? `---\n${stringify(event)}` : `${JSON.stringify(event)}\n`);
  }
}

/** The error that ends a watch. */
export function errorFrame(status: object): Uint8Array {
  return encoder.encode(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
}

const heads: Readonly<Record<EventType, Uint8Array>> = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
};

function jsonFrame(type: EventType, json: Uint8Array): Uint8Array {
  const head = heads[type];
  const out = new Uint8Array(head.length + json.length + 2);
  out.set(head);
  out.set(json, head.length);
  out[out.length - 2] = 0x7d;
  out[out.length - 1] = 0x0a;
  return out;
}
