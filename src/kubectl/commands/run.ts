/** `kubectl run`. Upstream: kubectl/pkg/cmd/run/run.go */
import { envNameProblems } from "../../machinery/names.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, textOf, throwAll, usageError } from "../errors.ts";
import { parseInteger } from "../flagText.ts";
import { array, bool, duration, text } from "../flags.ts";
import { labelsOfText } from "../generators/exposedService.ts";
import { isImageReference } from "../generators/imageReference.ts";
import { filenameFlags } from "../resources/files.ts";
import { Requests } from "../resources/requests.ts";
import { groupVersionOf } from "../resources/selection.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { podRunningTimeout } from "../pods/runningTimeout.ts";
import { removeCreated, runAttached } from "../streaming/runAttached.ts";
import { deletionFlags } from "../writing/deleting.ts";
import {
  type DryRun,
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  overrideFlags,
  printFlags,
  refuseIf,
  recordFlag,
  requireFlags,
  saveConfigFlag,
} from "../writing/flags.ts";
import { remembered } from "../writing/lastApplied.ts";
import { overridden } from "../writing/overrides.ts";
import { parsePairs } from "../writing/pairs.ts";
import { recorder } from "../writing/recorder.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { typed } from "../writing/typed.ts";

const flagTable = {
  ...printFlags,
  ...filenameFlags,
  ...deletionFlags,
  ...recordFlag,
  ...dryRunFlag,
  ...saveConfigFlag,
  ...overrideFlags,
  ...fieldManagerFlag("kubectl-run"),
  annotations: array(),
  attach: bool(),
  command: bool(),
  "detach-keys": text({ initial: "ctrl-p,ctrl-q" }),
  env: array(),
  expose: bool(),
  image: text(),
  "image-pull-policy": text(),
  labels: text({ short: "l" }),
  "leave-stdin-open": bool(),
  "pod-running-timeout": duration({ initial: 60_000 }),
  port: text(),
  privileged: bool(),
  quiet: bool({ short: "q" }),
  restart: text({ initial: "Always" }),
  rm: bool(),
  stdin: bool({ short: "i" }),
  tty: bool({ short: "t" }),
};

export const run: Verb = verb({
  name: "run",
  flags: flagTable,
  async run(call) {
    const { flags, session, args } = call;
    requireFlags(call, "image");
    const pod = wantedPod(call);
    const dryRun = dryRunOf(flags);
    const namespace = await session.namespace();
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    refuseUnfit(call, dryRun);
    const objects: Unstructured[] = [await create(call, overridden(typed(pod), flags), dryRun)];
    const problems: unknown[] = [];
    if (flags.expose) {
      try {
        objects.push(await create(call, typed(serviceOf(args[0] ?? "", flags)), dryRun));
      } catch (error) {
        problems.push(error);
      }
    }
    if (isAttaching(call)) return await attachAndFinish(call, objects);
    for (const object of objects) {
      if (dryRun === "client" && namespace.explicit)
        object.metadata = { ...object.metadata, name: object.metadata?.name ?? "", namespace: namespace.name };
      print(object, "created");
    }
    throwAll(problems);
  },
});

async function create(call: Call<typeof flagTable>, object: Unstructured, dryRun: DryRun): Promise<Unstructured> {
  const { flags, session } = call;
  const [group, version] = groupVersionOf(object.apiVersion ?? "");
  const mapping = (await session.mapper()).forKind(group, object.kind ?? "", version);
  const recorded = recorder(call)(object);
  if (dryRun === "client") return recorded;
  const { name } = await session.namespace();
  const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"] };
  return new Requests(await session.api()).create(mapping, name, remembered(recorded, flags["save-config"], "typed"), options);
}

/** With -i it is meant, unless it was said otherwise. */
function isAttaching(call: Call<typeof flagTable>): boolean {
  return call.changed("attach") ? call.flags.attach : call.flags.stdin;
}

async function attachAndFinish(call: Call<typeof flagTable>, created: readonly Unstructured[]): Promise<void> {
  const { flags, session } = call;
  const { stdin, tty, quiet } = flags;
  try {
    const wish = { stdin, tty, quiet, container: "", detachKeys: flags["detach-keys"], commandName: "kubectl attach" };
    const timeoutMs = timeoutOf(call);
    await runAttached(session, created[0] as Unstructured, wish, {
      timeoutMs,
      // Left open, or always started again: it has no end to wait for.
      untilOver: flags["leave-stdin-open"] || flags.restart === "Always" ? undefined : flags.restart === "OnFailure" ? "succeeded" : "over",
    });
  } finally {
    if (flags.rm) await removeCreated(session, created, quiet);
  }
}

function refuseUnfit(call: Call<typeof flagTable>, dryRun: DryRun): void {
  const { flags, args, path } = call;
  const attach = isAttaching(call);
  const misuse = (condition: boolean, message: string): void => {
    if (condition) throw usageError(path, message);
  };
  misuse(args.length === 0, "NAME is required for run");
  refuseIf(flags.image === "", "--image is required");
  refuseIf(!isImageReference(flags.image), `Invalid image name ${goQuote(flags.image)}: invalid reference format`);
  timeoutOf(call);
  misuse(flags.tty && !flags.stdin, "-i/--stdin is required for containers with -t/--tty=true");
  misuse(flags.expose && flags.port === "", "--port must be set when exposing a service");
  misuse(!attach && flags.rm, "--rm should only be used for attached containers");
  misuse(
    attach && dryRun !== "none",
    "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
  );
  const port = flags.port === "" ? undefined : parseInteger(flags.port, 64, 10);
  if (port !== undefined && "problem" in port) throw new KubectlError(port.problem.replace("ParseInt", "Atoi"));
}

function timeoutOf({ flags, path }: Call<typeof flagTable>): number {
  try {
    return podRunningTimeout(flags);
  } catch (error) {
    throw usageError(path, textOf(error));
  }
}

const policies = ["Always", "IfNotPresent", "Never"];
const restarts = ["Always", "OnFailure", "Never"];

function wantedPod({ flags, args, path }: Call<typeof flagTable>): Unstructured {
  const { added: annotations } = parsePairs(flags.annotations, "annotations", false);
  const labels = flags.labels === "" ? {} : labelsOfText(flags.labels);
  const env = flags.env.map((one) => {
    const equals = one.indexOf("=");
    const name = one.slice(0, Math.max(equals, 0));
    if (equals < 1 || envNameProblems(name).length > 0) throw new KubectlError(`invalid env: ${one}`);
    return { name, value: one.slice(equals + 1) };
  });
  const restartPolicy = flags.restart === "" ? (flags.stdin ? "OnFailure" : "Always") : flags.restart;
  if (!restarts.includes(restartPolicy)) {
    throw usageError(path, `invalid restart policy: ${flags.restart}`);
  }
  const imagePullPolicy = flags["image-pull-policy"];
  if (imagePullPolicy !== "" && !policies.includes(imagePullPolicy)) {
    throw usageError(path, `invalid image pull policy: ${imagePullPolicy}`);
  }
  const [name = "", ...words] = args;
  const container = {
    name,
    image: flags.image,
    ...(words.length === 0 ? {} : { [flags.command ? "command" : "args"]: words }),
    ...(flags.port === "" ? {} : { ports: [{ containerPort: Number(flags.port) }] }),
    env,
    imagePullPolicy,
    ...(flags.privileged ? { securityContext: { privileged: true } } : {}),
    stdin: flags.stdin,
    stdinOnce: !flags["leave-stdin-open"] && flags.stdin,
    tty: flags.tty,
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: Object.keys(labels).length === 0 ? { run: name } : labels, annotations: Object.fromEntries(annotations) },
    spec: { containers: [container], dnsPolicy: "ClusterFirst", restartPolicy },
  };
}

function serviceOf(name: string, flags: { readonly labels: string; readonly port: string }): Unstructured {
  const labels = flags.labels === "" ? {} : labelsOfText(flags.labels);
  const port = Number(flags.port);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels },
    spec: { selector: flags.labels === "" ? { run: name } : labels, ports: [{ port, protocol: "TCP", targetPort: port }] },
  };
}
