/**
 * Manifests as a person writes them (YAML or JSON, several documents, Lists) into objects of known kinds, all of one namespace. Left out: kinds that
 * the registry doesn't know (custom resources), kustomizations.
 */
import { parseAllDocuments } from "yaml";
import { kinds } from "../api/registry.ts";
import { apiVersionOf, type Kind, type KindRef, type KubeObject } from "../machinery/kind.ts";
import type { Deployment } from "../schema/shapes/apps.v1.ts";
import type { Service } from "../schema/shapes/core.v1.ts";

/** The user's manifests or options can't be used; one sentence. */
export class RehearsalError extends Error {
  override readonly name = "RehearsalError";
}

export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

export interface ManifestObject {
  readonly kind: Kind;
  readonly object: KubeObject;
}

/** In the files' order. Namespace objects are left out: the rehearsal has its own. */
export function readManifests(files: readonly ManifestFile[]): ManifestObject[] {
  return files.flatMap(({ path, text }) => {
    const documents = parseAllDocuments(text, { version: "1.1", logLevel: "silent" });
    if (!Array.isArray(documents)) return [];
    return documents.flatMap((document, at) => {
      const [error] = document.errors;
      if (error !== undefined) throw new RehearsalError(`${path}: ${error.message.split("\n")[0]}`);
      return objectsIn(document.toJS({ maxAliasCount: 100 }), `${path}, document ${at + 1}`);
    });
  });
}

interface Raw {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly metadata?: unknown;
}

function objectsIn(value: unknown, place: string): ManifestObject[] {
  if (value === null || value === undefined) return [];
  const raw = value as Raw;
  if (typeof value !== "object" || typeof raw.kind !== "string" || typeof raw.apiVersion !== "string") {
    throw new RehearsalError(`${place} is no Kubernetes object: it has no apiVersion and kind.`);
  }
  if (raw.kind === "List" && Array.isArray(raw.items)) return raw.items.flatMap((item) => objectsIn(item, place));
  const kind = kinds.find((each) => each.kind === raw.kind && apiVersionOf(each) === raw.apiVersion);
  if (kind === undefined) throw new RehearsalError(`${place}: ${raw.kind} of ${raw.apiVersion} is not a kind that can be rehearsed.`);
  const object = value as KubeObject;
  if (typeof raw.metadata !== "object" || raw.metadata === null || typeof object.metadata.name !== "string") {
    throw new RehearsalError(`${place}: this ${raw.kind} has no name.`);
  }
  return kind.kind === "Namespace" ? [] : [{ kind, object }];
}

/** The one namespace that the objects name; undefined: none does. */
export function namespaceOf(objects: readonly ManifestObject[]): string | undefined {
  const named = new Set(objects.flatMap(({ object }) => object.metadata.namespace ?? []));
  if (named.size > 1) throw new RehearsalError(`The manifests name several namespaces (${[...named].join(", ")}): rehearse one at a time.`);
  return [...named][0];
}

/** Copies, in that namespace. */
export function inNamespace(objects: readonly ManifestObject[], namespace: string): ManifestObject[] {
  return objects.map(({ kind, object }) => {
    const copy = structuredClone(object);
    if (kind.namespaced) copy.metadata.namespace = namespace;
    return { kind, object: copy };
  });
}

export function identityOf(kind: KindRef, name: string): string {
  return `${kind.plural}${kind.group === "" ? "" : `.${kind.group}`}/${name}`;
}

export function deploymentsIn(objects: readonly ManifestObject[]): Deployment[] {
  return objects.filter(({ kind }) => kind.kind === "Deployment").map(({ object }) => object as Deployment);
}

export function servicesIn(objects: readonly ManifestObject[]): Service[] {
  return objects.filter(({ kind }) => kind.kind === "Service").map(({ object }) => object as Service);
}
