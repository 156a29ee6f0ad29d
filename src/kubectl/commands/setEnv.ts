/** `kubectl set env`. Upstream: kubectl/pkg/cmd/set/set_env.go, set/env */
import { envNameProblems } from "../../machinery/names.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Container, EnvVar } from "../../schema/shapes/core.v1.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { array, bool, list, text } from "../flags.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import type { Session } from "../session.ts";
import { changesOf, podSpecOf } from "../writing/change.ts";
import { containersNamed, envOfText, type EnvWish, withEnv } from "../writing/containerEdits.ts";
import { dryRunOf, selectorFlag } from "../writing/flags.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { refuseLocalServerRun, selectToSet, sendChanges, setFlags, type SetValues } from "./setShared.ts";

export const setEnv: Verb = verb({
  name: "env",
  flags: {
    ...setFlags,
    ...selectorFlag,
    containers: text({ short: "c", initial: "*" }),
    env: array({ short: "e" }),
    from: text(),
    keys: list(),
    list: bool(),
    overwrite: bool({ initial: true }),
    prefix: text(),
    resolve: bool(),
  },
  async run(call) {
    const { flags, session } = call;
    if (flags.all && flags.selector !== "") throw new KubectlError("cannot set --all and --selector at the same time");
    const { resources, words } = splitResources(call.args);
    const dryRun = dryRunOf(flags);
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    refuseLocalServerRun(flags, dryRun);
    if (flags.filename.length === 0 && resources.length === 0) {
      throw new KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    }
    if (flags.list && flags.output !== "") throw new KubectlError("--list and --output may not be specified together");
    if (flags.keys.length > 0 && flags.from === "") {
      throw new KubectlError("when specifying --keys, a configmap or secret must be provided with --from");
    }
    const wish = await wantedEnv([...flags.env, ...words], session);
    const imported = flags.from === "" ? [] : await importedEnv(session, flags, flags.from);
    const added = [...wish.added, ...imported].map((one) => ({ ...one, name: `${flags.prefix}${one.name}` }));
    const infos = await selectToSet(session, flags, resources);
    const changes = changesOf(infos, (object) => editContainers(object, { added, removed: wish.removed }, call as unknown as Call));
    if (flags.list) return;
    await sendChanges(call, changes, {
      print,
      operation: "env updated",
      dryRun,
      failure: "failed to patch env update to pod template:",
      problems: [],
    });
  },
});

function splitResources(args: readonly string[]): { readonly resources: string[]; readonly words: string[] } {
  const resources: string[] = [];
  const words: string[] = [];
  for (const word of args) {
    if (/^[^]+=[^]*$/.test(word) || word.endsWith("-")) words.push(word);
    else if (words.length > 0) throw new KubectlError(`all resources must be specified before environment changes: ${args.join(" ")}`);
    else resources.push(word);
  }
  return { resources, words };
}

async function wantedEnv(words: readonly string[], session: Session): Promise<EnvWish> {
  const added: EnvVar[] = [];
  const removed: string[] = [];
  for (const word of words) {
    if (word === "-") added.push(...envOfText(new TextDecoder().decode(await session.host.input.readAll())));
    else if (word.includes("=")) {
      const name = word.slice(0, word.indexOf("="));
      const problems = envNameProblems(name);
      if (problems.length > 0) throw new KubectlError(`${goQuote(name)} is not a valid key name: ${problems.join(";")}`);
      added.push({ name, value: word.slice(name.length + 1) });
    } else if (word.endsWith("-")) removed.push(word.slice(0, -1));
    else throw new KubectlError(`unknown environment variable: ${word}`);
  }
  if (removed.some((name) => added.some((one) => one.name === name))) {
    throw new KubectlError("can not both modify and remove the same environment variable in the same command");
  }
  return { added, removed };
}

async function importedEnv(session: Session, flags: SetValues & { readonly keys: readonly string[] }, from: string): Promise<EnvVar[]> {
  const infos = await selectToSet(session, flags, [from]);
  return infos.flatMap(({ object }) => {
    const { kind, metadata } = object;
    if (kind !== "Secret" && kind !== "ConfigMap") throw new KubectlError("unsupported resource specified in --from");
    const keys = Object.keys(object["data"] ?? {}).filter((key) => flags.keys.length === 0 || flags.keys.includes(key));
    return keys.map((key) => {
      const name = key.replaceAll(/[^a-zA-Z0-9_]/g, "_").toUpperCase();
      if (name !== key) session.warn(`key ${key} transferred to ${name}`);
      const ref = { name: metadata?.name ?? "", key };
      return { name, valueFrom: kind === "Secret" ? { secretKeyRef: ref } : { configMapKeyRef: ref } };
    });
  });
}

function editContainers(object: Unstructured, wish: EnvWish, { flags, session }: Call): void {
  const spec = podSpecOf(object);
  const pattern = String(flags["containers"]);
  const containers = containersNamed(spec, pattern);
  if (containers.length === 0) {
    session.warn(`${object.kind}/${object.metadata?.name ?? ""} does not have any containers matching ${goQuote(pattern)}`);
  }
  for (const container of containers) {
    if (flags["overwrite"] !== true) refuseOverwrites(container, wish);
    container.env = withEnv(container.env ?? [], wish);
    if (flags["list"] === true) listEnv(session, object, container);
  }
}

function refuseOverwrites({ env = [] }: Container, { added }: EnvWish): void {
  for (const { name, value = "" } of added) {
    const former = env.find((one) => one.name === name);
    if (former !== undefined && (former.value ?? "") !== value) {
      throw new KubectlError(`'${name}' already has a value (${former.value ?? ""}), and --overwrite is false`);
    }
  }
}

function listEnv(session: Session, object: Unstructured, { name: container, env = [] }: Container): void {
  session.out(`# ${object.kind} ${object.metadata?.name ?? ""}, container ${container}\n`);
  for (const { name, value = "", valueFrom } of env) {
    session.out(valueFrom === undefined || valueFrom === null ? `${name}=${value}\n` : `# ${name} from ${referenceText(valueFrom)}\n`);
  }
}

function referenceText({ configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef }: NonNullable<EnvVar["valueFrom"]>): string {
  if (configMapKeyRef) return `configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  if (secretKeyRef) return `secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  if (fieldRef) return `field path ${fieldRef.fieldPath}`;
  if (resourceFieldRef) return `resource field ${resourceFieldRef.resource}`;
  return "invalid valueFrom";
}
