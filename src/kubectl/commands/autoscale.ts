/**
 * `kubectl autoscale`. Left out: the fall-back to autoscaling/v1, for servers older than 1.23.
 * Upstream: kubectl/pkg/cmd/autoscale/autoscale.go
 */
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { int, text } from "../flags.ts";
import { podAutoscaler, targetOf } from "../generators/podAutoscaler.ts";
import { allResources } from "../resources/discovery.ts";
import { filenameFlags } from "../resources/files.ts";
import { Requests } from "../resources/requests.ts";
import type { Mapping } from "../resources/restMapper.ts";
import { select } from "../resources/select.ts";
import { eachObject } from "../resources/selectOptions.ts";
import type { Session } from "../session.ts";
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  printFlags,
  recordFlag,
  refuseIf,
  requireFlags,
  saveConfigFlag,
} from "../writing/flags.ts";
import { remembered } from "../writing/lastApplied.ts";
import { recorder } from "../writing/recorder.ts";
import { resultPrinter } from "../writing/resultPrinter.ts";
import { typed } from "../writing/typed.ts";
import type { MappedInfo } from "../writing/waiting.ts";

const flagTable = {
  ...printFlags,
  ...recordFlag,
  ...filenameFlags,
  ...dryRunFlag,
  ...saveConfigFlag,
  ...fieldManagerFlag("kubectl-autoscale"),
  min: int({ initial: -1, bits: 32 }),
  max: int({ initial: -1, bits: 32 }),
  "cpu-percent": int({
    initial: -1,
    bits: 32,
    deprecated: "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).",
  }),
  cpu: text(),
  memory: text(),
  name: text(),
};

export const autoscale: Verb = verb({
  name: "autoscale",
  flags: flagTable,
  async run(call) {
    const { flags, session, args } = call;
    requireFlags(call, "max");
    const dryRun = dryRunOf(flags);
    const namespace = await session.namespace();
    checkFlags(call);
    const selection = await select(session, {
      ...eachObject(flags, namespace),
      args,
    });
    const print = await resultPrinter(session, flags, { dryRun, form: "typed" });
    const record = recorder(call);
    let count = 0;
    await selection.visit(async (info) => {
      const { mapping, name } = info as typeof info & MappedInfo;
      await refuseUnscalable(session, mapping);
      const apiVersion = mapping.group === "" ? mapping.version : `${mapping.group}/${mapping.version}`;
      const { min, max, cpu, memory } = flags;
      const made = podAutoscaler({
        name: flags.name === "" ? name : flags.name,
        namespace: namespace.explicit ? namespace.name : undefined,
        target: { apiVersion, kind: mapping.kind, name },
        min,
        max,
        cpuPercent: flags["cpu-percent"],
        cpu,
        memory,
      });
      const autoscaler = record(typed(made));
      count += 1;
      if (dryRun === "client") return print(autoscaler, "created");
      const kind = (await session.mapper()).forKind("autoscaling", "HorizontalPodAutoscaler", "v2");
      const sent = remembered(autoscaler, flags["save-config"], "typed");
      const options = { dryRun: dryRun === "server", fieldManager: flags["field-manager"] };
      print(await new Requests(await session.api()).create(kind, namespace.name, sent, options), "autoscaled");
    });
    if (count === 0) throw new KubectlError("no objects passed to autoscale");
  },
});

function checkFlags({ flags }: Call<typeof flagTable>): void {
  const { min, max, cpu, memory } = flags;
  refuseIf(max < 1, `--max=MAXPODS is required and must be at least 1, max: ${max}`);
  refuseIf(max < min, `--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  refuseIf(flags["cpu-percent"] > 0 && cpu !== "", "--cpu-percent and --cpu are mutually exclusive");
  if (cpu !== "") targetOf(cpu, "cpu");
  if (memory !== "") targetOf(memory, "memory");
}

async function refuseUnscalable(session: Session, { group, version, plural, kind }: Mapping): Promise<void> {
  const isScale = (one: { readonly group: string; readonly version: string; readonly name: string }): boolean =>
    one.group === group && one.version === version && one.name === `${plural}/scale`;
  if (allResources(await session.discovery()).some(isScale)) return;
  const resource = `${group}/${version}, Resource=${plural}`;
  throw new KubectlError(`cannot autoscale a ${kind}: could not find scale subresource for ${resource} in discovery information`);
}
