/** Merging a cluster's context into the user's kubeconfig, and taking it out again; what else stands there is kept, comments too. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Document, isMap, isSeq, parseDocument, stringify, type YAMLSeq } from "yaml";
import { CommandError } from "./command.ts";

export interface Access {
  readonly contextName: string;
  readonly server: string;
  readonly caCert: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

type Env = Readonly<Record<string, string | undefined>>;
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const sections = ["clusters", "users", "contexts"] as const;

/** The file that is written: the first of $KUBECONFIG, as kubectl does for a new context. */
export function kubeconfigPath(env: Env): string {
  const listed = (env["KUBECONFIG"] ?? "").split(":").filter((part) => part !== "");
  return listed.find((part) => existsSync(part)) ?? listed[0] ?? join(env["HOME"] ?? homedir(), ".kube", "config");
}

function entriesOf(access: Access): Record<(typeof sections)[number], object> {
  const name = access.contextName;
  return {
    clusters: { name, cluster: { server: access.server, "certificate-authority-data": base64(access.caCert) } },
    users: { name, user: { "client-certificate-data": base64(access.clientCert), "client-key-data": base64(access.clientKey) } },
    contexts: { name, context: { cluster: name, user: name } },
  };
}

/** A whole kubeconfig with one context. */
export function kubeconfigText(access: Access): string {
  const { clusters, users, contexts } = entriesOf(access);
  const whole = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [clusters],
    users: [users],
    contexts: [contexts],
    "current-context": access.contextName,
  };
  return stringify(whole);
}

export function mergeContext(path: string, access: Access): void {
  const document = load(path);
  const entries = entriesOf(access);
  for (const section of sections) {
    const list = sectionOf(document, section);
    removeNamed(list, access.contextName);
    list.add(document.createNode(entries[section]));
  }
  document.set("current-context", access.contextName);
  save(path, document);
}

export function removeContext(path: string, contextName: string): void {
  if (!existsSync(path)) return;
  const document = load(path);
  for (const section of sections) removeNamed(sectionOf(document, section), contextName);
  if (document.get("current-context") === contextName) document.set("current-context", "");
  save(path, document);
}

function load(path: string): Document {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const document = parseDocument(text.trim() === "" ? "apiVersion: v1\nkind: Config\n" : text);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new CommandError(
      `${path} is no kubeconfig (${document.errors[0]?.message.split("\n")[0] ?? "not a map"}): mend it, or set KUBECONFIG to another file.`,
    );
  }
  return document;
}

function sectionOf(document: Document, name: string): YAMLSeq {
  const found = document.get(name);
  if (isSeq(found)) return found;
  const made = document.createNode([]) as YAMLSeq;
  document.set(name, made);
  return made;
}

function removeNamed(list: YAMLSeq, name: string): void {
  list.items = list.items.filter((item) => !isMap(item) || item.get("name") !== name);
}

function save(path: string, document: Document): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const part = `${target}.cox-part`;
  writeFileSync(part, document.toString({ lineWidth: 0 }), { mode: 0o600 });
  renameSync(part, target);
}
