/**
 * A set of applied objects, kept by a parent object: its labels and annotations, and who may change it. What is pruned: pruning.ts.
 * Upstream: kubectl/pkg/cmd/apply/applyset.go
 */
import type { KindRef } from "../../machinery/kind.ts";
import { isApiError } from "../../machinery/status.ts";
import { toBase64 } from "../../schema/scalars/base64.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError, textOf, throwAll } from "../errors.ts";
import type { LoadedInfo } from "../resources/info.ts";
import type { Requests } from "../resources/requests.ts";
import type { Mapping, RestMapper } from "../resources/restMapper.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { clientVersion } from "../upstreamVersion.ts";
import { groupKindText, parentScope, type SetScope } from "./applySetScope.ts";
import type { DryRun } from "./flags.ts";

const tool = "kubectl";
const fieldManager = `${tool}-applyset`;
const toolingAnnotation = "applyset.kubernetes.io/tooling";
const idLabel = "applyset.kubernetes.io/id";
const memberLabel = "applyset.kubernetes.io/part-of";
const parentTypeLabel = "applyset.kubernetes.io/is-parent-type";

/** Asked for whether the server says that it has them or not. */
const definitions: KindRef = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

export interface ApplySetParent {
  readonly name: string;
  /** Empty where it has none, or none was given. */
  readonly namespace: string;
  readonly mapping: Mapping;
}

/** The parent that `[RESOURCE][.GROUP]/NAME` means; a Secret where there is only a name. */
export function parseParent(text: string, mapper: RestMapper): Omit<ApplySetParent, "namespace"> {
  const slash = text.indexOf("/");
  const name = text.slice(slash + 1);
  const [resource = "", ...group] = (slash < 0 ? "secrets" : text.slice(0, slash)).split(".");
  try {
    if (name === "") throw new KubectlError("name cannot be blank");
    return { name, mapping: mapper.forResource({ group: group.join("."), version: "", resource }) };
  } catch (error) {
    throw new KubectlError(`invalid parent reference ${goQuote(text)}: ${textOf(error)}`);
  }
}

export interface SetUpdate {
  readonly dryRun: DryRun;
  readonly fieldValidation: string;
}

export class ApplySet {
  readonly id: string;
  private readonly parent: ApplySetParent;
  private readonly requests: Requests;
  /** As the parent had it when the command began. */
  current: SetScope = { kinds: new Map(), namespaces: new Set() };
  private updated: SetScope = { kinds: new Map(), namespaces: new Set() };

  private constructor(parent: ApplySetParent, requests: Requests, id: string) {
    this.parent = parent;
    this.requests = requests;
    this.id = id;
  }

  static async of(parent: ApplySetParent, requests: Requests): Promise<ApplySet> {
    return new ApplySet(parent, requests, await applySetId(parent));
  }

  get memberSelector(): string {
    return `${memberLabel}=${this.id}`;
  }

  private get parentText(): string {
    const { mapping, name } = this.parent;
    return goQuote(`${mapping.plural}.${mapping.group}/${name}`);
  }

  /** Throws where the parent can't be one. */
  async validate(): Promise<void> {
    const { mapping, namespace } = this.parent;
    const problems: Error[] = [];
    if (mapping.namespaced && namespace === "") problems.push(new KubectlError("namespace is required to use namespace-scoped ApplySet"));
    if (!isBuiltin(mapping)) {
      let permitted: ReadonlySet<string> = new Set();
      try {
        const { items } = await this.requests.dynamicList(definitions, "", { labelSelector: parentTypeLabel });
        permitted = new Set(items.map(({ metadata }) => metadata?.name ?? ""));
      } catch (error) {
        problems.push(new KubectlError(`identifying allowed custom resource parent types: ${textOf(error)}`));
      }
      if (!permitted.has(`${mapping.plural}.${mapping.group}`)) {
        const resource = goQuote(`${mapping.group}/${mapping.version}, Resource=${mapping.plural}`);
        problems.push(new KubectlError(`resource ${resource} is not permitted as an ApplySet parent`));
      }
    }
    throwAll(problems);
  }

  /** The objects get the label that makes them members. */
  addLabels(infos: readonly LoadedInfo[]): void {
    for (const info of infos) {
      const labels = info.object.metadata?.labels ?? {};
      if (Object.hasOwn(labels, memberLabel)) throw new KubectlError(`ApplySet label ${goQuote(memberLabel)} already set in input data`);
      info.object = {
        ...info.object,
        metadata: { ...info.object.metadata, labels: { ...labels, [memberLabel]: this.id } },
      };
    }
  }

  /** Makes the parent cover what it did and what is to be applied, so that a break leaves nothing behind unknown. */
  async beforeApply(infos: readonly LoadedInfo[], mapper: RestMapper, how: SetUpdate): Promise<void> {
    const live = await this.liveParent();
    if (live !== undefined) this.current = this.scopeOf(live, mapper);
    const kinds = new Map<string, Mapping>();
    const namespaces = new Set<string>();
    for (const { mapping, namespace } of infos) {
      if (mapping === undefined) continue;
      if (!kinds.has(groupKindText(mapping))) kinds.set(groupKindText(mapping), mapping);
      if (mapping.namespaced && namespace !== "") namespaces.add(namespace);
    }
    this.updated = { kinds, namespaces };
    const { current } = this;
    await this.updateParent(
      { kinds: new Map([...current.kinds, ...kinds]), namespaces: new Set([...current.namespaces, ...namespaces]) },
      how,
    );
  }

  /** After pruning: the parent covers only what was applied now. */
  async afterPrune(how: SetUpdate): Promise<void> {
    try {
      await this.updateParent(this.updated, how);
    } catch (error) {
      throw new KubectlError(`apply and prune succeeded, but ApplySet update failed: ${textOf(error)}`);
    }
  }

  private async liveParent(): Promise<Unstructured | undefined> {
    try {
      return await this.requests.get(this.parent.mapping, this.parent);
    } catch (error) {
      if (!isApiError(error, "NotFound")) {
        throw new KubectlError(`failed to fetch ApplySet parent object ${this.parentText}: ${textOf(error)}`);
      }
      if (!isBuiltin(this.parent.mapping)) throw new KubectlError("custom resource ApplySet parents cannot be created automatically");
      return undefined;
    }
  }

  private scopeOf({ metadata }: Unstructured, mapper: RestMapper): SetScope {
    const { labels = {}, annotations = {} } = metadata ?? {};
    const tooling = annotations[toolingAnnotation];
    const exists = `ApplySet parent object ${this.parentText}`;
    if (tooling === undefined) {
      throw new KubectlError(`${exists} already exists and is missing required annotation ${goQuote(toolingAnnotation)}`);
    }
    const manager = tooling.includes("/") ? tooling.slice(0, tooling.lastIndexOf("/")) : tooling;
    if (manager !== tool) {
      throw new KubectlError(`${exists} already exists and is managed by tooling ${goQuote(manager)} instead of ${goQuote(tool)}`);
    }
    const id = labels[idLabel];
    if (id === undefined) throw new KubectlError(`${exists} exists and does not have required label ${idLabel}`);
    if (id !== this.id) {
      throw new KubectlError(`${exists} exists and has incorrect value for label ${goQuote(idLabel)} (got: ${id}, want: ${this.id})`);
    }
    try {
      return parentScope(annotations, mapper, this.parent.mapping.namespaced ? this.parent.namespace : "");
    } catch (error) {
      throw new KubectlError(`parsing ApplySet annotation on ${this.parentText}: ${textOf(error)}`);
    }
  }

  private async updateParent({ kinds, namespaces }: SetScope, { dryRun, fieldValidation }: SetUpdate): Promise<void> {
    if (dryRun === "client") return;
    const { mapping, name, namespace } = this.parent;
    const annotations = {
      [toolingAnnotation]: `${tool}/${clientVersion.gitVersion}`,
      "applyset.kubernetes.io/contains-group-kinds": [...kinds.keys()].sort().join(","),
      "applyset.kubernetes.io/additional-namespaces": [...namespaces]
        .filter((one) => one !== namespace)
        .toSorted()
        .join(","),
    };
    const body = {
      kind: mapping.kind,
      apiVersion: mapping.group === "" ? mapping.version : `${mapping.group}/${mapping.version}`,
      metadata: { name, ...(namespace === "" ? {} : { namespace }), annotations, labels: { [idLabel]: this.id } },
    };
    const send = (force: boolean): Promise<Unstructured> =>
      this.requests.patch(
        mapping,
        this.parent,
        { type: "apply", body },
        { dryRun: dryRun === "server", fieldManager, fieldValidation, force },
      );
    try {
      await send(false).catch((error: unknown) => {
        if (isApiError(error, "Conflict")) return send(true);
        throw error;
      });
    } catch (error) {
      throw new KubectlError(`failed to update ApplySet: ${textOf(error)}`);
    }
  }
}

function isBuiltin({ group, version, plural }: Mapping): boolean {
  return group === "" && version === "v1" && (plural === "secrets" || plural === "configmaps");
}

/** Derived from the parent's name, namespace, kind and group; fit for a label's value. */
export async function applySetId({ name, namespace, mapping }: ApplySetParent): Promise<string> {
  const text = [name, namespace, mapping.kind, mapping.group].join(".");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const encoded = toBase64(digest).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `applyset-${encoded}-v1`;
}
