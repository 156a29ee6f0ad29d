/**
 * Sets of paths into an object, as tries: what a manager owns. Immutable; a path may be in the set with or without its children.
 * Upstream: sigs.k8s.io/structured-merge-diff/fieldpath/{set,serialize}.go
 */
import { isObject, type JsonObject } from "../patch/jsonValue.ts";
import { elementText, parseElement, type PathElement } from "./pathElement.ts";

type Children = ReadonlyMap<PathElement, FieldSet>;

export class FieldSet {
  static readonly empty: FieldSet = new FieldSet(new Set(), new Map());
  /** Steps that are paths of the set. */
  readonly members: ReadonlySet<PathElement>;
  /** Steps that lead to longer paths. */
  readonly children: Children;
  private json: JsonObject | undefined;
  private constructor(members: ReadonlySet<PathElement>, children: Children) {
    this.members = members;
    this.children = children;
  }

  static of(members: ReadonlySet<PathElement>, children: Children): FieldSet {
    let kept = children;
    for (const child of children.values()) {
      if (!child.isEmpty) continue;
      kept = new Map([...children].filter(([, inner]) => !inner.isEmpty));
      break;
    }
    return members.size === 0 && kept.size === 0 ? FieldSet.empty : new FieldSet(members, kept);
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
    if (this.isEmpty || other.isEmpty) return FieldSet.empty;
    return this.filtered(
      (element) => other.members.has(element),
      (element, child) => child.intersection(other.below(element)),
    );
  }
  /** Paths that `other` lacks; a path of `other` takes only itself away, not what is below it. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    return this.filtered(
      (element) => !other.members.has(element),
      (element, child) => child.difference(other.below(element)),
    );
  }
  /** As difference, but a path of `other` takes everything below it away as well. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    return this.filtered(
      (element) => !other.members.has(element),
      (element, child) => (other.members.has(element) ? FieldSet.empty : child.recursiveDifference(other.below(element))),
    );
  }
  /** Itself when nothing goes, so that what is known of a set (its written form) stays known. */
  private filtered(keeps: (element: PathElement) => boolean, inner: (element: PathElement, child: FieldSet) => FieldSet): FieldSet {
    const members = new Set<PathElement>();
    for (const element of this.members) if (keeps(element)) members.add(element);
    let isSame = members.size === this.members.size;
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.children) {
      const kept = inner(element, child);
      children.set(element, kept);
      isSame &&= kept === child;
    }
    return isSame ? this : FieldSet.of(members, children);
  }
  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** All paths, parents before children. */
  paths(): PathElement[][] {
    return this.elements().flatMap((element) => [
      ...(this.members.has(element) ? [[element]] : []),
      ...this.below(element)
        .paths()
        .map((path) => [element, ...path]),
    ]);
  }

  /** `fieldsV1` of a managedFields entry. */
  toJson(): JsonObject {
    this.json ??= this.write({});
    return this.json;
  }
  private write(out: JsonObject): JsonObject {
    for (const element of this.elements()) {
      const child = this.children.get(element);
      const inner: JsonObject = {};
      if (child !== undefined && this.members.has(element)) inner["."] = {};
      out[element] = child === undefined ? inner : child.write(inner);
    }
    return out;
  }
  private elements(): PathElement[] {
    if (this.children.size === 0) return [...this.members].sort();
    return [...new Set([...this.members, ...this.children.keys()])].sort();
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

/** Collects paths. A walk over a value asks for a Trail, which costs nothing until a path is added. */
export class FieldSetBuilder {
  private readonly members = new Set<PathElement>();
  private readonly children = new Map<PathElement, FieldSetBuilder>();

  add(path: readonly PathElement[]): void {
    path.reduce((trail, element) => trail.step(element), Trail.root).addTo(this);
  }
  member(element: PathElement): void {
    this.members.add(element);
  }
  below(element: PathElement): FieldSetBuilder {
    const known = this.children.get(element);
    if (known !== undefined) return known;
    const made = new FieldSetBuilder();
    this.children.set(element, made);
    return made;
  }
  done(): FieldSet {
    if (this.members.size === 0 && this.children.size === 0) return FieldSet.empty;
    return FieldSet.of(this.members, new Map([...this.children].map(([element, child]) => [element, child.done()])));
  }
}

/** Where a walk is, as links to the steps before. */
export class Trail {
  private readonly parent: Trail | undefined;
  private readonly element: PathElement;
  private constructor(parent: Trail | undefined, element: PathElement) {
    this.parent = parent;
    this.element = element;
  }
  static readonly root: Trail = new Trail(undefined, "");
  step(element: PathElement): Trail {
    return new Trail(this, element);
  }
  /** Puts this path into the set. The root is no path. */
  addTo(set: FieldSetBuilder): void {
    if (this.parent !== undefined) this.parent.builderIn(set).member(this.element);
  }
  private builderIn(set: FieldSetBuilder): FieldSetBuilder {
    return this.parent === undefined ? set : this.parent.builderIn(set).below(this.element);
  }
}

/** `.spec.template.spec.containers[name="c"].image` */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join("");
}
