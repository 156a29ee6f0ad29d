/**
 * An OpenAPI v2 document as the schemas that explain walks. Upstream: kube-openapi/pkg/util/proto/document.go
 */
import type { Api } from "../api.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError } from "../errors.ts";
import type { GroupVersionKind } from "./openApiDocument.ts";

interface Definition {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly required?: readonly string[];
  readonly items?: Definition;
  readonly additionalProperties?: Definition | boolean;
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
}

interface Described {
  readonly description: string;
}

export type Model = Described &
  (
    | { readonly type: "kind"; readonly fields: Readonly<Record<string, Definition>>; readonly required: readonly string[] }
    | { readonly type: "array"; readonly inner: Definition | undefined }
    | { readonly type: "map"; readonly inner: Definition | undefined }
    | { readonly type: "reference"; readonly name: string; readonly inner: Definition }
    | { readonly type: "primitive"; readonly name: string }
    | { readonly type: "arbitrary" }
  );

export class Swagger {
  private readonly definitions: Readonly<Record<string, Definition>>;

  constructor(document: { readonly definitions?: Readonly<Record<string, unknown>> }) {
    this.definitions = (document.definitions ?? {}) as Readonly<Record<string, Definition>>;
  }

  /** The model of a kind; throws where there is none. */
  ofKind({ group, version, kind }: GroupVersionKind): Model {
    const found = Object.values(this.definitions).findLast((one) =>
      one["x-kubernetes-group-version-kind"]?.some((named) => named.group === group && named.version === version && named.kind === kind),
    );
    if (found === undefined) throw new KubectlError(`couldn't find resource for ${goQuote(`${group}/${version}, Kind=${kind}`)}`);
    return this.model(found);
  }

  model(definition: Definition | undefined): Model {
    const { $ref, type, properties, required = [], items, additionalProperties, description = "" } = definition ?? {};
    if ($ref !== undefined) return { type: "reference", name: $ref, inner: this.target($ref), description };
    if (type === "array") return { type, inner: items, description };
    const isObject = type === "object" || type === undefined;
    if (isObject && properties !== undefined) return { type: "kind", fields: properties, required, description };
    if (type === undefined) return { type: "arbitrary", description };
    if (type !== "object") return { type: "primitive", name: type, description };
    return { type: "map", inner: typeof additionalProperties === "object" ? additionalProperties : undefined, description };
  }

  private target(reference: string): Definition {
    const found = this.definitions[reference.replace(/^#\/definitions\//, "")];
    if (found === undefined) throw new KubectlError(`invalid reference to ${reference}`);
    return found;
  }
}

export async function swaggerOf(api: Api): Promise<Swagger> {
  return new Swagger((await api.json({ path: "/openapi/v2" })) as { definitions?: Record<string, unknown> });
}
