/** `kubectl cluster-info` and its dump. Upstream: kubectl/pkg/cmd/clusterinfo */
import type { Api } from "../api.ts";
import { type Verb, verb } from "../command.ts";
import { KubectlError, textOf } from "../errors.ts";
import { bool, duration, type FlagValues, list, text } from "../flags.ts";
import { objectPrinter, type PrintObject, withTemplate } from "../printers/objectPrinter.ts";
import { Requests } from "../resources/requests.ts";
import { fieldAt, textAt, type Unstructured, type UnstructuredList } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { withNullTimes } from "../writing/goNulls.ts";
import { structOfObject, typed } from "../writing/typed.ts";

const dumpFlags = {
  "all-namespaces": bool({ short: "A" }),
  "allow-missing-template-keys": bool({ initial: true }),
  namespaces: list(),
  output: text({ short: "o", initial: "json" }),
  "output-directory": text(),
  "pod-running-timeout": duration({ initial: 20_000 }),
  "show-managed-fields": bool(),
  template: text(),
};

const dump: Verb = verb({
  name: "dump",
  flags: dumpFlags,
  async run({ flags: written, session, changed }) {
    const flags = withTemplate(written, changed("output"));
    const own = (await session.namespace()).name;
    if (flags["pod-running-timeout"] <= 0) throw new KubectlError("--pod-running-timeout must be higher than zero");
    const writer = new DumpWriter(session, flags);
    await writer.ready();
    await writer.list("nodes", "nodes");
    const given = flags.namespaces.length === 0 ? ["kube-system", own] : flags.namespaces;
    const namespaces = flags["all-namespaces"]
      ? (await listOf(session, "namespaces", "")).items.map(({ metadata }) => metadata.name)
      : given;
    for (const namespace of namespaces) await dumpNamespace(session, writer, namespace);
    const folder = flags["output-directory"];
    if (folder !== "" && folder !== "-") session.out(`Cluster info dumped to ${folder}\n`);
  },
});

/** Resource and the file's name, in the order of the dump. */
const dumped: readonly (readonly [resource: string, file: string])[] = [
  ["events", "events"],
  ["replicationcontrollers", "replication-controllers"],
  ["services", "services"],
  ["daemonsets.apps", "daemonsets"],
  ["deployments.apps", "deployments"],
  ["replicasets.apps", "replicasets"],
  ["pods", "pods"],
];

async function dumpNamespace(session: Session, writer: DumpWriter, namespace: string): Promise<void> {
  let pods: readonly Unstructured[] = [];
  for (const [resource, file] of dumped) {
    const { items } = await writer.list(resource, `${namespace}/${file}`, namespace);
    if (resource === "pods") pods = items;
  }
  for (const pod of pods) await dumpLogs(session, writer, pod);
}

async function dumpLogs(session: Session, writer: DumpWriter, pod: Unstructured): Promise<void> {
  const [namespace, name] = [pod.metadata.namespace ?? "", pod.metadata.name];
  const containers = ["initContainers", "containers"].flatMap(
    (field) => (fieldAt(pod, "spec", field) as { name: string }[] | undefined) ?? [],
  );
  let logs = "";
  for (const { name: container } of containers) {
    const title = `logs for container ${container} of pod ${namespace}/${name} ====\n`;
    logs += `==== START ${title}${await logOf(session, { namespace, name, container })}==== END ${title}`;
  }
  await writer.write(`${namespace}/${name}/logs.txt`, logs);
}

async function logOf(
  session: Session,
  { namespace, name, container }: { namespace: string; name: string; container: string },
): Promise<string> {
  try {
    return await (await session.api()).text({ path: `/api/v1/namespaces/${namespace}/pods/${name}/log`, query: { container }, raw: true });
  } catch (error) {
    return `Request log error: ${textOf(error)}\n`;
  }
}

async function listOf(session: Session, resource: string, namespace: string): Promise<UnstructuredList> {
  const mapping = (await session.mapper()).forArgument(resource);
  return await new Requests(await session.api()).list(mapping, namespace);
}

/** Writes to stdout, or into a folder. */
class DumpWriter {
  private readonly session: Session;
  /** One for all, because YAML's separators count them. */
  private printer: Promise<PrintObject | undefined> | undefined;
  private printed = "";
  private readonly flags: FlagValues<typeof dumpFlags>;

  constructor(session: Session, flags: FlagValues<typeof dumpFlags>) {
    this.session = session;
    this.flags = flags;
  }

  /** Refuses a format that doesn't exist. */
  async ready(): Promise<void> {
    await this.printerOf();
  }

  private printerOf(): Promise<PrintObject | undefined> {
    this.printer ??= objectPrinter({ host: this.session.host, out: (part) => void (this.printed += String(part)) }, this.flags);
    return this.printer;
  }

  async list(resource: string, file: string, namespace = ""): Promise<UnstructuredList> {
    const list = await listOf(this.session, resource, namespace);
    const { output } = this.flags;
    const extension = output === "json" ? ".json" : output === "yaml" ? ".yaml" : ".txt";
    const print = await this.printerOf();
    const { apiVersion, kind, metadata, items } = list;
    const shown = { kind, apiVersion, metadata, items: items.map(withoutKind) } as unknown as Unstructured;
    if (print === undefined) throw new KubectlError(`list types are not supported by name printing: *v1.${kind ?? ""}`);
    this.printed = "";
    print(shown, true);
    await this.write(`${file}${extension}`, this.printed);
    return list;
  }

  async write(file: string, content: string): Promise<void> {
    const folder = this.flags["output-directory"];
    if (folder === "" || folder === "-") return this.session.out(content);
    const { files } = this.session.host;
    const path = `${folder}/${file}`;
    await files.makeFolder(path.slice(0, path.lastIndexOf("/")));
    await files.write(path, content);
  }
}

/** Items of typed lists don't say their kind. */
function withoutKind(item: Unstructured): object {
  const struct = structOfObject(item);
  const { apiVersion: _version, kind: _kind, ...rest } = struct === undefined ? item : withNullTimes(typed(item), struct);
  return rest;
}

export const clusterInfo: Verb = verb(
  {
    name: "cluster-info",
    flags: {},
    async run({ session }) {
      const api = await session.api();
      const namespace = session.globals.namespace === "" ? "kube-system" : session.globals.namespace;
      try {
        await tellServices(session, api, namespace);
      } finally {
        session.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
      }
    },
  },
  [dump],
);

async function tellServices(session: Session, api: Api, namespace: string): Promise<void> {
  const services = (await api.object({
    path: `/api/v1/namespaces/${namespace}/services`,
    query: { labelSelector: "kubernetes.io/cluster-service=true" },
  })) as UnstructuredList;
  session.out(`Kubernetes control plane is running at ${api.server}\n`);
  for (const service of services.items) {
    const name = service.metadata.labels?.["kubernetes.io/name"] ?? service.metadata.name;
    session.out(`${name} is running at ${linkOf(service, api.server)}\n`);
  }
}

function linkOf(service: Unstructured, server: string): string {
  const ports = (fieldAt(service, "spec", "ports") as { name?: string; port: number }[] | undefined) ?? [];
  const ingress = fieldAt(service, "status", "loadBalancer", "ingress", 0);
  if (ingress !== undefined) {
    const address = textAt(ingress, "ip") || textAt(ingress, "hostname");
    return ports.map(({ port }) => `http://${address}:${port} `).join("");
  }
  const [first] = ports;
  const { name, namespace = "" } = service.metadata;
  const secure = first?.name === "https" || first?.port === 443;
  const shown = first === undefined ? name : secure ? `https:${name}:${first.name ?? ""}` : first.name ? `${name}:${first.name}` : name;
  return `${server}/api/v1/namespaces/${namespace}/services/${shown}/proxy`;
}
