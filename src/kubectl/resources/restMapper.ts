/**
 * From what users and objects call a resource to what the server calls it: `po`, `pods`, `Pod`, `deploy.v1.apps`, a group and kind.
 * Where several fit, the core group wins, then the order in which the server lists its groups and versions.
 * Upstream: client-go/restmapper/{discovery,shortcut,category_expansion}.go, apimachinery/pkg/api/meta/{restmapper,priority}.go
 */
import { KubectlError, NoKindMatch, NoResourceMatch } from "../errors.ts";
import type { KindRef } from "../../machinery/kind.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { allResources, type Discovery, type ServedResource } from "./discovery.ts";

/** A resource as requests need it. Fits wherever a KindRef is asked for. */
export interface Mapping extends KindRef {
  readonly singular: string;
  readonly verbs: readonly string[];
}

export interface PartialResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export class RestMapper {
  private readonly resources: readonly ServedResource[];
  private readonly warn: (text: string) => void;

  constructor(discovery: Discovery, warn: (text: string) => void) {
    this.warn = warn;
    this.resources = allResources(discovery).filter(({ name }) => !name.includes("/"));
  }

  /** The mapping of what stands on a command line: a resource, its singular or short name, or a kind; with `.version.group` or `.group`. */
  forArgument(argument: string): Mapping {
    const parts = argument.split(".");
    const [resource = "", ...rest] = parts;
    if (parts.length >= 3) {
      const full = this.find({ resource, version: rest[0] ?? "", group: rest.slice(1).join(".") });
      if (full !== undefined) return full;
    }
    const found = this.find({ resource, version: "", group: rest.join(".") });
    if (found !== undefined) return found;
    const byKind = this.byKindArgument(resource, rest);
    if (byKind !== undefined) return byKind;
    throw new KubectlError(`the server doesn't have a resource type ${goQuote(resource)}`);
  }

  /** The mapping of a partly named resource; throws NoResourceMatch. */
  forResource(partial: PartialResource): Mapping {
    const found = this.find(partial);
    if (found === undefined) throw new NoResourceMatch({ ...partial, resource: partial.resource.toLowerCase() });
    return found;
  }

  /** All mappings of a resource's name or short name, in the server's order; throws NoResourceMatch where there is none. */
  allForResource(partial: PartialResource): Mapping[] {
    const name = this.expandShortName(partial).resource.toLowerCase();
    const found = this.resources.filter((one) => one.name === name || singularOf(one) === name);
    if (found.length === 0) throw new NoResourceMatch({ ...partial, resource: partial.resource.toLowerCase() });
    return found.map(mappingOf);
  }

  /** The mapping of an object's kind; of any version where none is given. Throws NoKindMatch. */
  forKind(group: string, kind: string, version = ""): Mapping {
    const found = this.kind(group, kind, version);
    if (found === undefined) throw new NoKindMatch(kind, group, [version]);
    return found;
  }

  /** All versions of a kind that are served. */
  versionsOfKind(group: string, kind: string): Mapping[] {
    return this.resources.filter((one) => one.group === group && one.kind === kind).map(mappingOf);
  }

  /** `all` as the resources in it, in the form that arguments have; undefined when it is no category. */
  expandCategory(category: string): string[] | undefined {
    const members = this.resources.filter(({ categories }) => categories.includes(category));
    if (members.length === 0) return undefined;
    return members.map(({ name, group }) => (group === "" ? name : `${name}.${group}`));
  }

  private kind(group: string, kind: string, version: string): Mapping | undefined {
    const found = this.resources.find(
      (one) => one.group === group && (version === "" || one.version === version) && (one.kind === kind || one.kind.toLowerCase() === kind),
    );
    if (found !== undefined) return mappingOf(found);
    if (!kind.endsWith("List")) return undefined;
    const item = this.resources.find(
      (one) => one.group === group && (version === "" || one.version === version) && (kind === "List" || `${one.kind}List` === kind),
    );
    return item === undefined ? undefined : listMapping(item, kind);
  }

  private byKindArgument(kind: string, rest: readonly string[]): Mapping | undefined {
    if (rest.length >= 2) {
      const full = this.kind(rest.slice(1).join("."), kind, rest[0] ?? "");
      if (full !== undefined) return full;
    }
    return this.kind(rest.join("."), kind, "");
  }

  private find(partial: PartialResource): Mapping | undefined {
    const { group, version, resource } = this.expandShortName(partial);
    const name = resource.toLowerCase();
    const named = this.resources.filter((one) => one.name === name || singularOf(one) === name);
    const ofVersion = named.filter((one) => version === "" || one.version === version);
    const exact = ofVersion.find((one) => group === "" || one.group === group);
    if (exact !== undefined) return mappingOf(exact);
    // A group may be shortened, but not when a version is given too.
    const prefixed = version === "" ? named.find((one) => one.group.startsWith(group)) : undefined;
    return prefixed === undefined ? undefined : mappingOf(prefixed);
  }

  private expandShortName(partial: PartialResource): PartialResource {
    const ofGroup = this.resources.filter(({ group }) => partial.group === "" || group === partial.group);
    if (ofGroup.some(({ name, singular }) => name === partial.resource || singular === partial.resource)) return partial;
    const candidates = ofGroup.filter(({ shortNames }) => shortNames.includes(partial.resource));
    const [first] = candidates;
    if (first !== undefined) {
      const others = new Set(
        candidates
          .filter((one) => one.group !== first.group || one.name !== first.name)
          .map(({ name, group }) => (group === "" ? name : `${name}.${group}`)),
      );
      for (const other of others) {
        this.warn(`short name ${goQuote(partial.resource)} could also match lower priority resource ${other}`);
      }
      // The version is lost on the way, as it is upstream.
      return { group: first.group, version: "", resource: first.name };
    }
    if (partial.group === "") return partial;
    const prefixed = this.resources.find(
      ({ group, shortNames }) => group.startsWith(partial.group) && shortNames.includes(partial.resource),
    );
    return prefixed === undefined ? partial : { ...partial, group: prefixed.group, resource: prefixed.name };
  }
}

function singularOf({ singular, kind }: ServedResource): string {
  return singular === "" ? kind.toLowerCase() : singular;
}

function mappingOf(resource: ServedResource): Mapping {
  const { group, version, kind, name, namespaced, verbs } = resource;
  return { group, version, kind, plural: name, namespaced, singular: singularOf(resource), verbs };
}

function listMapping({ group, version, namespaced }: ServedResource, kind: string): Mapping {
  const singular = kind.toLowerCase();
  return { group, version, kind, plural: `${singular}s`, singular, namespaced: kind === "List" ? false : namespaced, verbs: [] };
}
