/** `cox rehearse`: ships a change under load and says which requests failed, why, and what to change. */
import { ApiError } from "../../machinery/status.ts";
import { RehearsalError } from "../../rehearsal/manifests.ts";
import { combinePatches } from "../../rehearsal/fixes.ts";
import type { Plan } from "../../rehearsal/plan.ts";
import { RateRefused } from "../../rehearsal/ports/load.ts";
import { RehearsalRefused } from "../../rehearsal/rehearse.ts";
import { compareText } from "../../rehearsal/report/compare.ts";
import type { Report } from "../../rehearsal/report/model.ts";
import { coloured, plain, reportText } from "../../rehearsal/report/text.ts";
import { type Command, CommandError, type CommandInput, UsageError } from "../command.ts";
import { readRequest, rehearseOptions, type RehearseRequest } from "./options.ts";
import { checkFiles, ledgerPath, writeLedger, writeReports } from "./outputs.ts";
import { plansFor } from "./plans.ts";
import { simulate } from "./simulate.ts";
import { openSite } from "./site.ts";
import { checkRate, siteTheatre, type Theatre } from "./theatre.ts";

export const rehearse: Command = {
  name: "rehearse",
  summary: "Ships a change under load: which requests fail, why, and what to change.",
  operands: "[CONTAINER=IMAGE]",
  options: rehearseOptions,
  async run(input) {
    try {
      return await rehearseAll(input, readRequest(input));
    } catch (error) {
      throw input.signal.aborted ? new CommandError("Interrupted: what it had made is taken away again.") : asCommandError(error);
    }
  },
};

async function rehearseAll(input: CommandInput, request: RehearseRequest): Promise<number> {
  // What is wrong with the manifests shows before anything is started.
  plansFor(request, { namespace: undefined, expose: true });
  checkFiles(request.files);
  const say = (text: string): void => input.streams.err(` - ${text}\n`);
  if (request.simulate) return await simulate(request, (theatre) => session(input, request, theatre), { say, signal: input.signal });
  await checkRate(request);
  say(request.context === undefined ? "starting a cluster for it" : `using context "${request.context}"`);
  const site = await openSite(input, request.context, request.nodes);
  try {
    if (site.ours === undefined && request.propagation.given)
      throw new UsageError("--propagation is for clusters of cox: how late another's nodes learn of endpoints is its own affair.");
    await site.ours?.rehearse(request.propagation.name, request.load.seed);
    return await session(input, request, siteTheatre({ site, request, say, signal: input.signal }));
  } finally {
    await site[Symbol.asyncDispose]();
  }
}

/** All that one command rehearses: each strategy, and each again with its fixes where that is asked for. What was given decides the exit code. */
async function session(input: CommandInput, request: RehearseRequest, theatre: Theatre): Promise<number> {
  const { plans, service, notes } = theatre.plans({});
  for (const note of notes) theatre.say(note);
  const { out } = input.streams;
  const style = input.streams.colour ? coloured : plain;
  const reports: Report[] = [];
  const perform = async (plan: Plan): Promise<Report> => {
    if (plans.length > 1) theatre.say(`strategy ${plan.name}`);
    const { rehearsal, report } = await theatre.perform(plan, service);
    const path = ledgerPath(request.files, input.env, report, reports.length > 0 || plans.length > 1 || request.tryFixes);
    await writeLedger(path, rehearsal);
    reports.push(report);
    out(`\n${reportText(report, style)}\nEvery request is in ${path}, the timeline beside it.\n`);
    return report;
  };
  const decisive: Report[] = [];
  for (const [at, plan] of plans.entries()) {
    const report = await perform(plan);
    decisive.push(report);
    const fixed = request.tryFixes ? fixedPlan(report, theatre, at) : undefined;
    if (fixed === undefined) continue;
    theatre.say("again, with these changes");
    await perform(fixed);
  }
  if (reports.length > 1) out(`\n${compareText(reports)}`);
  for (const path of writeReports(request.files, reports)) out(`Written: ${path}\n`);
  return decisive.every(({ passed }) => passed) ? 0 : 1;
}

/** The same plan with everything that can be changed for it changed, in the pods of before too: they are the ones that go. */
function fixedPlan(report: Report, theatre: Theatre, at: number): Plan | undefined {
  const patches = combinePatches(report.fixes);
  const careful = report.fixes.some(({ change }) => change.type === "order");
  if (patches.size === 0 && !careful) return undefined;
  const plan = theatre.plans({ patches, careful }).plans[at];
  return plan === undefined ? undefined : { ...plan, name: `${plan.name}-fixed` };
}

function asCommandError(error: unknown): unknown {
  if (error instanceof RehearsalError || error instanceof RehearsalRefused || error instanceof RateRefused) {
    return new CommandError(error.message, { cause: error });
  }
  return error instanceof ApiError ? new CommandError(`The API server refused: ${error.message}`, { cause: error }) : error;
}
