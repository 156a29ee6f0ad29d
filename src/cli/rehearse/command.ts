/** `cox rehearse`: ships a change under load and says which requests failed, why, and what to change. */
import { RehearsalError } from "../../rehearsal/manifests.ts";
import { RateRefused } from "../../rehearsal/ports/load.ts";
import { RehearsalRefused } from "../../rehearsal/rehearse.ts";
import type { Report } from "../../rehearsal/report/model.ts";
import { coloured, plain, reportText } from "../../rehearsal/report/text.ts";
import { ApiError } from "../../machinery/status.ts";
import { type Command, CommandError, type CommandInput } from "../command.ts";
import { readRequest, rehearseOptions, type RehearseRequest } from "./options.ts";
import { ledgerPath, writeLedger, writeReports } from "./outputs.ts";
import { plansFor } from "./plans.ts";
import { openSite, type Site } from "./site.ts";
import { Stage } from "./stage.ts";

export const rehearse: Command = {
  name: "rehearse",
  summary: "Ships a change under load: which requests fail, why, and what to change.",
  operands: "[CONTAINER=IMAGE]",
  options: rehearseOptions,
  async run(input) {
    try {
      return await rehearseAll(input, readRequest(input));
    } catch (error) {
      throw asCommandError(error);
    }
  },
};

async function rehearseAll(input: CommandInput, request: RehearseRequest): Promise<number> {
  // What is wrong with the manifests shows before anything is started.
  plansFor(request, { namespace: undefined, expose: true });
  const say = (text: string): void => input.streams.err(` - ${text}\n`);
  say(request.context === undefined ? "starting a cluster for it" : `using context "${request.context}"`);
  const site = await openSite(input, request.context, request.nodes);
  try {
    return await onSite(input, request, { site, say });
  } finally {
    await site[Symbol.asyncDispose]();
  }
}

async function onSite(
  input: CommandInput,
  request: RehearseRequest,
  { site, say }: { site: Site; say: (text: string) => void },
): Promise<number> {
  const scratch = site.own ? undefined : (request.namespace ?? `rehearsal-${Date.now().toString(36)}`);
  const { plans, service, namespace, notes } = plansFor(request, { namespace: scratch, expose: site.ours !== undefined });
  for (const note of notes) say(note);
  await site.ours?.rehearse(request.propagation.name, request.load.seed);
  const stage = new Stage({ site, request, namespace, input, say });
  const reports: Report[] = [];
  try {
    for (const plan of plans) {
      if (plans.length > 1) say(`strategy ${plan.name}`);
      const { rehearsal, report } = await stage.perform(plan, service);
      reports.push(report);
      input.streams.out(`\n${reportText(report, input.streams.colour ? coloured : plain)}`);
      const path = ledgerPath(request.files, input.env, report, plans.length > 1);
      await writeLedger(path, rehearsal);
      input.streams.out(`\nEvery request is in ${path}, the timeline beside it.\n`);
    }
  } finally {
    await stage[Symbol.asyncDispose]();
  }
  for (const path of writeReports(request.files, reports)) input.streams.out(`Written: ${path}\n`);
  return reports.every(({ passed }) => passed) ? 0 : 1;
}

function asCommandError(error: unknown): unknown {
  if (error instanceof RehearsalError || error instanceof RehearsalRefused || error instanceof RateRefused) {
    return new CommandError(error.message, { cause: error });
  }
  return error instanceof ApiError ? new CommandError(`The API server refused: ${error.message}`, { cause: error }) : error;
}
