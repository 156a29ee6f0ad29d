/**
 * `kubectl run`. Left out: attaching (-i, -t, --attach, --rm), which is refused until attach can be used from here.
 * Upstream: kubectl/pkg/cmd/run/run.go
 */
import { envNameProblems } from "../../machinery/names.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, throwAll, usageError } from "../errors.ts";
import { array, bool, duration, text } from "../flags.ts";
import { labelsOfText } from "../generators/exposedService.ts";
import { filenameFlags } from "../resources/files.ts";
import { Requests } from "../resources/requests.ts";
import { groupVersionOf } from "../resources/selection.ts";
import type { Unstructured } from "../resources/unstructured.ts";
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

/** The references that registries know, with tags and digests. Upstream: distribution/reference/regexp.go */
const imageForm =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

function isImageReference(image: string): boolean {
  return imageForm.test(image);
}

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

function refuseUnfit({ flags, args, dashAt }: Call<typeof flagTable>, dryRun: DryRun): void {
  const attach = flags.attach || flags.stdin;
  refuseIf(args.length === 0 || dashAt === 0, "NAME is required for run");
  refuseIf(flags.image === "", "--image is required");
  refuseIf(!isImageReference(flags.image), `Invalid image name ${goQuote(flags.image)}: invalid reference format`);
  refuseIf(flags.tty && !flags.stdin, "-i/--stdin is required for containers with -t/--tty=true");
  refuseIf(flags.expose && flags.port === "", "--port must be set when exposing a service");
  refuseIf(flags.port !== "" && !/^[+-]?\d+$/.test(flags.port), "--port must be a number");
  refuseIf(!attach && flags.rm, "--rm should only be used for attached containers");
  refuseIf(
    attach && dryRun !== "none",
    "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
  );
  refuseIf(attach, "run can't attach to what it started here: start it without -i and --attach, then use 'kubectl attach'");
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
