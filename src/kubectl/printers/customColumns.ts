/** `-o custom-columns`. Upstream: kubectl/pkg/cmd/get/customcolumn.go */
import { KubectlError } from "../errors.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";
import { goSprint } from "./goValue.ts";
import { JsonPath } from "./jsonpath/evaluate.ts";
import { GoFloat } from "./jsonpath/compare.ts";
import { relaxedPath } from "./jsonpath/relaxed.ts";
import { escapeTerminal } from "./table.ts";
import type { TabWriter } from "./tabWriter.ts";

interface CustomColumn {
  readonly header: string;
  readonly path: string;
}

/** `NAME:.metadata.name,RSRC:.metadata.resourceVersion` */
export function columnsOfSpec(spec: string): CustomColumn[] {
  if (spec === "") throw new KubectlError("custom-columns format specified but no custom columns given");
  return spec.split(",").map((part) => {
    const colon = part.indexOf(":");
    if (colon < 0) throw new KubectlError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: relaxedPath(part.slice(colon + 1)) };
  });
}

const twoLines = "Expected format is one line of space separated headers, one line of space separated column specs.";

/** A file of two lines: headers and paths. */
export function columnsOfFile(text: string): CustomColumn[] {
  const lines = text.split("\n").map((line) => line.split(/\s+/).filter((word) => word !== ""));
  if (text === "") throw new KubectlError(`invalid template, missing header line. ${twoLines}`);
  const [headers = [], paths] = lines;
  if (paths === undefined || (lines.length === 2 && paths.length === 0))
    throw new KubectlError(`invalid template, missing spec line. ${twoLines}`);
  if (headers.length !== paths.length) {
    throw new KubectlError(`number of headers (${headers.length}) and field specifications (${paths.length}) don't match`);
  }
  return headers.map((header, at) => ({ header, path: relaxedPath(paths[at] ?? "") }));
}

export class CustomColumnsPrinter {
  private readonly columns: readonly CustomColumn[];
  private readonly noHeaders: boolean;
  private lastForm: "list" | "event" | "object" | undefined;

  constructor(columns: readonly CustomColumn[], noHeaders: boolean) {
    this.columns = columns;
    this.noHeaders = noHeaders;
  }

  print(object: Unstructured, out: TabWriter, eventType?: string): void {
    const form = eventType !== undefined ? "event" : isList(object) ? "list" : "object";
    if (!this.noHeaders && this.lastForm !== form) {
      out.write(`${this.columns.map(({ header }) => header).join("\t")}\n`);
      this.lastForm = form;
    }
    const paths = this.columns.map(({ path }) => new JsonPath(path, { allowMissingKeys: true }));
    const rows: unknown[] = isList(object) ? object.items : [eventType === undefined ? object : { type: eventType, object }];
    for (const row of rows) out.write(`${paths.map((path) => cellOf(path, row)).join("\t")}\n`);
  }
}

function cellOf(path: JsonPath, row: unknown): string {
  const groups = path.find(row);
  const values = groups.flat().map((value) => escapeTerminal(goSprint(value instanceof GoFloat ? value.value : value)));
  if ((groups[0] ?? []).length === 0) values.unshift("<none>");
  return values.join(",");
}
