/** `kubectl config view`. Upstream: kubectl/pkg/cmd/config/view.go */
import { type Verb, verb } from "../command.ts";
import { KubectlError, textOf, usageError } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { loadFile } from "../kubeconfig/load.ts";
import { startingConfig } from "../kubeconfig/modify.ts";
import type { Kubeconfig, Placed } from "../kubeconfig/model.ts";
import { wireOf } from "../kubeconfig/wire.ts";
import type { KubectlHost } from "../host.ts";
import { objectPrinter, withTemplate } from "../printers/objectPrinter.ts";
import { nameText } from "../printers/name.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";

const flagTable = {
  "allow-missing-template-keys": bool({ initial: true }),
  flatten: bool(),
  merge: bool({ initial: true }),
  minify: bool(),
  output: text({ short: "o", initial: "yaml" }),
  raw: bool(),
  "show-managed-fields": bool(),
  template: text(),
};

export const view: Verb = verb({
  name: "view",
  flags: flagTable,
  async run(call) {
    const { args, flags, session, path } = call;
    if (args.length > 0) throw usageError(path, `unexpected arguments: [${args.join(" ")}]`);
    const explicit = session.rules().explicitPath;
    const print = await objectPrinter(session, withTemplate(flags, call.changed("output")));
    if (!flags.merge && explicit === "") throw new KubectlError("if merge==false a precise file must be specified");
    const config = await chosen(session, flags.merge, explicit);
    if (flags.minify) minify(config, session.globals.context);
    if (flags.flatten) await flatten(config, session.host);
    else if (!flags.raw) redact(config);
    const object = wireOf(config) as unknown as Unstructured;
    if (print === undefined) session.out(nameText(object, ""));
    else print(object, true);
  },
});

async function chosen(session: Session, merge: boolean, explicit: string): Promise<Kubeconfig> {
  return merge ? await startingConfig(session) : await loadFile(explicit, session.host.files);
}

function minify(config: Kubeconfig, context: string): void {
  if (context !== "") config.currentContext = context;
  if (config.currentContext === "") throw new KubectlError("current-context must exist in order to minify");
  const entry = config.contexts.get(config.currentContext);
  if (entry === undefined) throw new KubectlError(`cannot locate context ${config.currentContext}`);
  const { cluster = "", user = "" } = entry.value;
  if (cluster !== "" && !config.clusters.has(cluster)) throw new KubectlError(`cannot locate cluster ${cluster}`);
  if (user !== "" && !config.users.has(user)) throw new KubectlError(`cannot locate user ${user}`);
  config.contexts = new Map([[config.currentContext, entry]]);
  config.clusters = only(config.clusters, cluster);
  config.users = only(config.users, user);
}

function only<T>(entries: ReadonlyMap<string, Placed<T>>, name: string): Map<string, Placed<T>> {
  const entry = entries.get(name);
  return entry === undefined ? new Map() : new Map([[name, entry]]);
}

/** Files' contents into the configuration itself. */
async function flatten(config: Kubeconfig, host: KubectlHost): Promise<void> {
  for (const { value, origin } of config.users.values()) {
    await embed(value, "client-certificate", origin, host);
    await embed(value, "client-key", origin, host);
  }
  for (const { value, origin } of config.clusters.values()) await embed(value, "certificate-authority", origin, host);
}

async function embed<F extends string>(
  entry: { [K in F | `${F}-data`]?: string | undefined },
  field: F,
  origin: string,
  host: KubectlHost,
): Promise<void> {
  const fields = entry as Record<string, string | undefined>;
  const path = fields[field] ?? "";
  if (path === "") return;
  if ((fields[`${field}-data`] ?? "") !== "") throw new KubectlError("cannot have values for both path and contents");
  const folder = host.files.absolute(`${origin}/..`);
  try {
    const bytes = await host.files.read(path.startsWith("/") ? path : `${folder}/${path}`);
    fields[`${field}-data`] = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  } catch (error) {
    throw new KubectlError(textOf(error));
  }
  delete fields[field];
}

function redact(config: Kubeconfig): void {
  for (const { value } of config.users.values()) {
    if ((value["client-key-data"] ?? "") !== "") value["client-key-data"] = "DATA+OMITTED";
    if ((value["client-certificate-data"] ?? "") !== "") value["client-certificate-data"] = "DATA+OMITTED";
    if ((value.token ?? "") !== "") value.token = "REDACTED";
    if ((value.password ?? "") !== "") value.password = "REDACTED";
  }
  for (const { value } of config.clusters.values()) {
    if ((value["certificate-authority-data"] ?? "") !== "") value["certificate-authority-data"] = "DATA+OMITTED";
  }
}
