/** `kubectl api-resources` and `api-versions`. Upstream: kubectl/pkg/cmd/apiresources */
import { type Verb, verb } from "../command.ts";
import { Failures, KubectlError, textOf, usageError } from "../errors.ts";
import { bool, type FlagValues, list, text } from "../flags.ts";
import { compareBytes } from "../printers/goValue.ts";
import { noSuchFormat, objectPrinter } from "../printers/objectPrinter.ts";
import { TabWriter } from "../printers/tabWriter.ts";
import type { Discovery, ServedResource } from "../resources/discovery.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";

const flagTable = {
  "api-group": text(),
  cached: bool(),
  categories: list(),
  namespaced: bool({ initial: true }),
  "no-headers": bool(),
  output: text({ short: "o" }),
  "show-managed-fields": bool(),
  "sort-by": text(),
  verbs: list(),
};

type Flags = FlagValues<typeof flagTable>;

export const apiResources: Verb = verb({
  name: "api-resources",
  flags: flagTable,
  async run({ args, flags, session, changed, path }) {
    if (args.length > 0) throw usageError(path, `unexpected arguments: [${args.join(" ")}]`);
    const format = flags.output.toLowerCase();
    if (!["", "wide", "name", "json", "yaml", "kyaml"].includes(format) || (format !== flags.output && ["wide", "name"].includes(format))) {
      throw noSuchFormat(flags.output, ["json", "yaml", "kyaml", "name", "wide"]);
    }
    if (!["", "name", "kind"].includes(flags["sort-by"])) throw new KubectlError("--sort-by accepts only name or kind");
    const discovery = await session.discovery();
    const shown = preferred(discovery).filter(
      (one) =>
        one.verbs.length > 0 &&
        (!changed("api-group") || one.group === flags["api-group"]) &&
        (!changed("namespaced") || one.namespaced === flags.namespaced) &&
        flags.verbs.every((verbName) => one.verbs.includes(verbName)) &&
        flags.categories.every((category) => one.categories.includes(category)),
    );
    await print(session, flags, shown.sort(order(flags["sort-by"])));
    if (discovery.failed.length > 0) throw new Failures(discovery.failed.map(({ error }) => error));
  },
});

/** Each resource in its group's preferred version, or in the first that has it. */
function preferred({ groups }: Discovery): ServedResource[] {
  return groups.flatMap(({ versions }) => {
    const found = new Map<string, ServedResource>();
    for (const { resources } of versions) {
      for (const resource of resources) if (!resource.name.includes("/") && !found.has(resource.name)) found.set(resource.name, resource);
    }
    return [...found.values()];
  });
}

function order(sortBy: string): (a: ServedResource, b: ServedResource) => number {
  const key = ({ name, kind, group }: ServedResource): string => (sortBy === "name" ? name : sortBy === "kind" ? kind : group);
  return (a, b) => compareBytes(key(a), key(b)) || compareBytes(a.name, b.name);
}

async function print(session: Session, flags: Flags, resources: readonly ServedResource[]): Promise<void> {
  const print = await objectPrinter(session, { ...flags, template: "", "allow-missing-template-keys": true }, ["wide"]);
  if (print !== undefined) return print(asList(resources), true);
  const writer = new TabWriter();
  const wide = flags.output === "wide";
  if (flags.output === "name") {
    for (const { name, group } of resources) writer.write(`${group === "" ? name : `${name}.${group}`}\n`);
  } else {
    if (!flags["no-headers"]) writer.write(`NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND${wide ? "\tVERBS\tCATEGORIES" : ""}\n`);
    for (const one of resources) {
      const cells = [one.name, one.shortNames.join(","), apiVersion(one), one.namespaced, one.kind];
      writer.write(`${[...cells, ...(wide ? [one.verbs.join(","), one.categories.join(",")] : [])].join("\t")}\n`);
    }
  }
  session.out(writer.flush());
}

const apiVersion = ({ group, version }: ServedResource): string => (group === "" ? version : `${group}/${version}`);

function asList(resources: readonly ServedResource[]): Unstructured {
  const items = resources.map(({ name, singular, namespaced, group, version, kind, verbs, shortNames, categories }) => ({
    name,
    singularName: singular,
    namespaced,
    ...(group === "" ? {} : { group }),
    version,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  }));
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: "", resources: items } as unknown as Unstructured;
}

export const apiVersions: Verb = verb({
  name: "api-versions",
  flags: {},
  async run({ args, session, path }) {
    if (args.length > 0) throw usageError(path, `unexpected arguments: [${args.join(" ")}]`);
    let discovery: Discovery;
    try {
      discovery = await session.discovery();
    } catch (error) {
      throw new KubectlError(`couldn't get available api versions from server: ${textOf(error)}`);
    }
    const versions = discovery.groups.flatMap(({ name, versions: offered }) =>
      offered.map(({ version }) => (name === "" ? version : `${name}/${version}`)),
    );
    session.out(
      versions
        .sort(compareBytes)
        .map((one) => `${one}\n`)
        .join(""),
    );
  },
});
