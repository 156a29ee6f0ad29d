/**
 * Sets of paths into an object, as tries: what a manager owns. Immutable; a path may be in the set with or without its children.
 * Upstream: sigs.k8s.io/structured-merge-diff/fieldpath/{set,serialize}.go
 */
import { isObject, type JsonObject, setKey } from "../patch/jsonValue.ts";
import { compareElements, elementText, parseElement, type PathElement } from "./pathElement.ts";

type Children = ReadonlyMap<PathElement, FieldSet>;

export class FieldSet {
  static readonly empty: FieldSet = new FieldSet(new Set(), new Map());
  /** Steps that are paths of the set. */
  readonly members: ReadonlySet<PathElement>;
  /** Steps that lead to longer paths. */
  readonly children: Children;
  private constructor(members: ReadonlySet<PathElement>, children: Children) {
    this.members = members;
    this.children = children;
  }

  static of(members: ReadonlySet<PathElement>, children: Children): FieldSet {
    const kept = [...children].filter(([, child]) => !child.isEmpty);
    return members.size === 0 && kept.length === 0 ? FieldSet.empty : new FieldSet(members, new Map(kept));
  }
  static ofPaths(...paths: readonly (readonly PathElement[])[]): FieldSet {
    const builder = new FieldSetBuilder();
    for (const path of paths) builder.add(path);
    return builder.done();
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }
  has(path: readonly PathElement[]): boolean {
    const [first, ...rest] = path;
    if (first === undefined) return false;
    return rest.length === 0 ? this.members.has(first) : (this.children.get(first)?.has(rest) ?? false);
  }
  /** What is below one step. */
  below(element: PathElement): FieldSet {
    return this.children.get(element) ?? FieldSet.empty;
  }

  union(other: FieldSet): FieldSet {
    if (this.isEmpty) return other;
    if (other.isEmpty) return this;
    const children = new Map(this.children);
    for (const [element, child] of other.children) children.set(element, this.below(element).union(child));
    return FieldSet.of(new Set([...this.members, ...other.members]), children);
  }
  intersection(other: FieldSet): FieldSet {
    const members = [...this.members].filter((element) => other.members.has(element));
    const children = [...this.children].map(([element, child]) => [element, child.intersection(other.below(element))] as const);
    return FieldSet.of(new Set(members), new Map(children));
  }
  /** Paths that `other` lacks; a path of `other` takes only itself away, not what is below it. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const members = [...this.members].filter((element) => !other.members.has(element));
    const children = [...this.children].map(([element, child]) => [element, child.difference(other.below(element))] as const);
    return FieldSet.of(new Set(members), new Map(children));
  }
  /** As difference, but a path of `other` takes everything below it away as well. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const members = [...this.members].filter((element) => !other.members.has(element));
    const children = [...this.children]
      .filter(([element]) => !other.members.has(element))
      .map(([element, child]) => [element, child.recursiveDifference(other.below(element))] as const);
    return FieldSet.of(new Set(members), new Map(children));
  }
  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** All paths, parents before children. */
  paths(): PathElement[][] {
    const elements = [...new Set([...this.members, ...this.children.keys()])].sort(compareElements);
    return elements.flatMap((element) => [
      ...(this.members.has(element) ? [[element]] : []),
      ...this.below(element)
        .paths()
        .map((path) => [element, ...path]),
    ]);
  }

  /** `fieldsV1` of a managedFields entry. */
  toJson(): JsonObject {
    const out: JsonObject = {};
    const elements = [...new Set([...this.members, ...this.children.keys()])].sort(compareElements);
    for (const element of elements) {
      const child = this.children.get(element);
      const own = child !== undefined && this.members.has(element) ? { ".": {} } : {};
      setKey(out, element, { ...own, ...child?.toJson() });
    }
    return out;
  }

  /** Undefined when it is no set. */
  static fromJson(json: unknown): FieldSet | undefined {
    if (!isObject(json)) return undefined;
    const members = new Set<PathElement>();
    const children = new Map<PathElement, FieldSet>();
    for (const [text, inner] of Object.entries(json)) {
      if (text === ".") continue;
      const element = parseElement(text);
      const child = FieldSet.fromJson(inner);
      if (element === undefined || child === undefined || !isObject(inner)) return undefined;
      if (child.isEmpty || Object.hasOwn(inner, ".")) members.add(element);
      if (!child.isEmpty) children.set(element, child);
    }
    return FieldSet.of(members, children);
  }
}

/** Collects paths one by one. */
export class FieldSetBuilder {
  private readonly members = new Set<PathElement>();
  private readonly children = new Map<PathElement, FieldSetBuilder>();

  add(path: readonly PathElement[]): void {
    const [first, ...rest] = path;
    if (first === undefined) return;
    if (rest.length === 0) this.members.add(first);
    else this.below(first).add(rest);
  }
  below(element: PathElement): FieldSetBuilder {
    const known = this.children.get(element);
    if (known !== undefined) return known;
    const made = new FieldSetBuilder();
    this.children.set(element, made);
    return made;
  }
  done(): FieldSet {
    return FieldSet.of(this.members, new Map([...this.children].map(([element, child]) => [element, child.done()])));
  }
}

/** `.spec.template.spec.containers[name="c"].image` */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join("");
}
