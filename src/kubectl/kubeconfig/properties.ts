/**
 * `config set` and `unset`: one value by its path, e.g. `clusters.my.cluster.server`. Names may contain dots: they reach to the next word
 * that is a field's. Upstream: kubectl/pkg/cmd/config/{set,navigation_step_parser}.go
 */
import { KubectlError } from "../errors.ts";
import { parseBool } from "../flagText.ts";
import type { Kubeconfig, KubeCluster, KubeContext, KubeUser, Placed } from "./model.ts";

type FieldKind = "string" | "bool" | "bytes" | "strings" | "nested" | "map";

interface Field {
  readonly kind: FieldKind;
  /** The field's name in our model, where upstream's path has another. */
  readonly name?: string;
}

const clusterFields: Readonly<Record<string, Field>> = {
  server: { kind: "string" },
  "tls-server-name": { kind: "string" },
  "insecure-skip-tls-verify": { kind: "bool" },
  "certificate-authority": { kind: "string" },
  "certificate-authority-data": { kind: "bytes" },
  "proxy-url": { kind: "string" },
  "disable-compression": { kind: "bool" },
  extensions: { kind: "map" },
};

const userFields: Readonly<Record<string, Field>> = {
  "client-certificate": { kind: "string" },
  "client-certificate-data": { kind: "bytes" },
  "client-key": { kind: "string" },
  "client-key-data": { kind: "bytes" },
  token: { kind: "string" },
  tokenFile: { kind: "string" },
  "act-as": { kind: "string", name: "as" },
  "act-as-uid": { kind: "string", name: "as-uid" },
  "act-as-groups": { kind: "strings", name: "as-groups" },
  "act-as-user-extra": { kind: "map", name: "as-user-extra" },
  username: { kind: "string" },
  password: { kind: "string" },
  "auth-provider": { kind: "nested" },
  exec: { kind: "nested" },
  extensions: { kind: "map" },
};

const contextFields: Readonly<Record<string, Field>> = {
  cluster: { kind: "string" },
  user: { kind: "string" },
  namespace: { kind: "string" },
  extensions: { kind: "map" },
};

type Section = "clusters" | "users" | "contexts";
const sections: Readonly<Record<Section, { readonly fields: Readonly<Record<string, Field>>; readonly type: string }>> = {
  clusters: { fields: clusterFields, type: "Cluster" },
  users: { fields: userFields, type: "AuthInfo" },
  contexts: { fields: contextFields, type: "Context" },
};

interface PropertyPath {
  readonly section: Section;
  readonly name: string | undefined;
  readonly field: string | undefined;
}

export interface Setting {
  readonly value: string;
  /** Bytes are given as they are, not in base64. */
  readonly raw: boolean;
}

/** `setting` undefined: the property is taken away. Throws KubectlError. */
export function changeProperty(config: Kubeconfig, path: string, setting: Setting | undefined): void {
  const parts = path.split(".");
  const [top = ""] = parts;
  if (["current-context", "kind", "apiVersion"].includes(top)) {
    if (parts.length > 1) throw new KubectlError(`unable to parse one or more field values of ${path}`);
    // What a file says of the other two is always the same.
    if (top === "current-context") config.currentContext = setting?.value ?? "";
    return;
  }
  if (top === "preferences") return changePreferences(config, path, parts, setting);
  if (!Object.hasOwn(sections, top)) throw new KubectlError(`unable to parse ${path} after [] at api.Config`);
  changeEntry(config, parsePath(path, parts, top as Section), setting);
}

function changePreferences(config: Kubeconfig, path: string, parts: readonly string[], setting: Setting | undefined): void {
  if (parts.length === 1 && setting === undefined) {
    config.preferences = {};
    return;
  }
  if (parts.length === 1) {
    const now = `{${config.preferences.colors ?? false} map[]}`;
    throw new KubectlError(`unable to locate path config.navigationStep{stepValue:"", stepType:reflect.Type(nil)} under ${now}`);
  }
  if (parts.length !== 2 || parts[1] !== "colors") {
    if (parts.length > 2) throw new KubectlError(`unable to parse one or more field values of ${path}`);
    throw new KubectlError(`unable to parse ${path} after [{preferences api.Preferences}] at api.Preferences`);
  }
  config.preferences = { ...config.preferences, colors: setting === undefined ? false : boolOf(setting.value) };
}

function parsePath(path: string, parts: readonly string[], section: Section): PropertyPath {
  const rest = parts.slice(1);
  if (rest.length === 0) return { section, name: undefined, field: undefined };
  const { fields } = sections[section];
  const at = rest.findIndex((part, index) => index > 0 && Object.hasOwn(fields, part));
  if (at < 0) return { section, name: rest.join("."), field: undefined };
  if (at + 1 < rest.length) throw new KubectlError(`unable to parse one or more field values of ${path}`);
  return { section, name: rest.slice(0, at).join("."), field: rest[at] };
}

function changeEntry(config: Kubeconfig, { section, name, field }: PropertyPath, setting: Setting | undefined): void {
  const entries = config[section] as Map<string, Placed<KubeCluster | KubeUser | KubeContext>>;
  if (name === undefined || field === undefined) {
    if (setting !== undefined) throw new KubectlError(`can't set a map to a value: ${pointers(entries)}`);
    if (name === undefined) entries.clear();
    else entries.delete(name);
    return;
  }
  let entry = entries.get(name);
  if (entry === undefined) {
    if (setting === undefined) throw new KubectlError(`current map key \`${name}\` is invalid`);
    entry = { value: {}, origin: "" };
    entries.set(name, entry);
  }
  const { kind, name: own = field } = sections[section].fields[field] as Field;
  const value = entry.value as Record<string, unknown>;
  if (setting === undefined) delete value[own];
  else value[own] = parsed(kind, setting);
}

/** Go prints where the entries are in memory; nobody can rely on the numbers. */
function pointers(entries: ReadonlyMap<string, unknown>): string {
  return `map[${[...entries.keys()]
    .sort()
    .map((name, at) => `${name}:0xc0000${(0x1000 + at * 0x80).toString(16)}`)
    .join(" ")}]`;
}

function parsed(kind: FieldKind, { value, raw }: Setting): unknown {
  switch (kind) {
    case "string":
      return value;
    case "bool":
      return boolOf(value);
    case "bytes":
      return raw ? btoa(String.fromCharCode(...new TextEncoder().encode(value))) : checkedBase64(value);
    case "strings":
      throw new KubectlError("unrecognized slice type. string");
    default:
      throw new KubectlError("can't set a map to a value: map[]");
  }
}

function boolOf(text: string): boolean {
  const result = parseBool(text);
  if ("problem" in result) throw new KubectlError(result.problem);
  return result.value;
}

function checkedBase64(text: string): string {
  const wrong = text.search(/[^A-Za-z0-9+/=\r\n]/);
  const clean = text.replaceAll(/[\r\n]/g, "");
  if (wrong >= 0 || clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) {
    throw new KubectlError(
      `error decoding input value: illegal base64 data at input byte ${wrong >= 0 ? wrong : Math.floor(clean.length / 4) * 4}`,
    );
  }
  return clean;
}
