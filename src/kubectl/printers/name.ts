/** `deployment.apps/web created`, and without the operation for `-o name`. Upstream: cli-runtime/pkg/printers/name.go */
import { KubectlError } from "../errors.ts";
import { isList, type Unstructured } from "../resources/unstructured.ts";

/** `operation`: `created`, `configured (server dry run)`; empty for `-o name`. Ends with a line break. */
export function nameText(object: Unstructured, operation: string): string {
  if (isList(object)) return object.items.map((item) => nameText(item, operation)).join("");
  if ((object.kind ?? "") === "" || (object.apiVersion ?? "") === "") {
    throw new KubectlError("missing apiVersion or kind; try GetObjectKind().SetGroupVersionKind() if you know the type");
  }
  const name = object.metadata?.name ?? "";
  return `${kindName(object)}/${name === "" ? "<unknown>" : name}${operation === "" ? "" : ` ${operation}`}\n`;
}

/** `deployment.apps` */
export function kindName({
  apiVersion = "",
  kind = "",
}: {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
}): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? kind.toLowerCase() : `${kind.toLowerCase()}.${apiVersion.slice(0, slash)}`;
}
