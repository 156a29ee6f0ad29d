/** What a verb asks select() for. Upstream: cli-runtime/pkg/resource/builder.go */
import type { ChosenNamespace } from "../session.ts";
import { type FilenameOptions, type FilenameValues, filenamesOf } from "./files.ts";
import type { RequestChange } from "./requests.ts";

export interface SelectOptions {
  /** `TYPE NAME`, `TYPE/NAME` and so on. */
  readonly args?: readonly string[];
  /** A type alone means all of its objects. */
  readonly allowEmptySelector?: boolean;
  /** Names of this type, or `TYPE/NAME` each (ResourceNames). */
  readonly names?: { readonly type: string; readonly names: readonly string[] };
  readonly files?: FilenameOptions;
  readonly namespace: string;
  /** --namespace was given: objects in files must be of it. */
  readonly enforceNamespace?: boolean;
  /** Objects without a namespace get it. Default true. */
  readonly defaultNamespace?: boolean;
  readonly allNamespaces?: boolean;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly selectAll?: boolean;
  /** Page size of lists. */
  readonly limit?: number;
  /** Fetch from the server what stands in files. */
  readonly latest?: boolean;
  /** Lists come as their items. */
  readonly flatten?: boolean;
  /** Go on after a failure, and tell all at the end. */
  readonly continueOnError?: boolean;
  /** Default true: what isn't known yet is fetched. */
  readonly requireObject?: boolean;
  /** Ask no server. */
  readonly local?: boolean;
  readonly subresource?: string;
  readonly singleResourceType?: boolean;
  readonly change?: RequestChange;
  /** Checks each document of a file before it is used; throws. */
  readonly validate?: (value: unknown, raw: string) => Promise<void>;
}

/** What verbs ask for that take -f: every object on its own, of the chosen namespace, whatever became of the others. */
export function eachObject(flags: FilenameValues, { name, explicit }: ChosenNamespace): SelectOptions {
  return { files: filenamesOf(flags), namespace: name, enforceNamespace: explicit, continueOnError: true, flatten: true };
}
