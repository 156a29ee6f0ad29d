/** What a rehearsal leaves on disk: the files that were asked for, and always its ledger and timeline. */
import { createWriteStream, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { homeFolder } from "../../daemon/clusterState.ts";
import { jsonLinesGzip } from "../../rehearsal/ledger.ts";
import type { Rehearsal } from "../../rehearsal/rehearse.ts";
import { junitXml } from "../../rehearsal/report/junit.ts";
import type { Report } from "../../rehearsal/report/model.ts";
import { reportPage } from "../../rehearsal/report/page.ts";
import { CommandError } from "../command.ts";
import type { Files } from "./options.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Throws when a file that was asked for could not be written: better known before the rehearsal than after it. */
export function checkFiles(files: Files): void {
  for (const path of Object.values(files)) {
    if (typeof path !== "string") continue;
    const folder = dirname(path);
    const folderIs = statSync(folder, { throwIfNoEntry: false });
    if (folderIs?.isDirectory() !== true) throw new CommandError(`${path} can't be written: there is no folder ${folder}.`);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new CommandError(`${path} can't be written: it is a folder.`);
  }
}

/** Gives the paths that were written. */
export function writeReports(files: Files, reports: readonly Report[]): string[] {
  const written: string[] = [];
  const write = (path: string | undefined, text: () => string): void => {
    if (path === undefined) return;
    try {
      writeFileSync(path, text());
    } catch (error) {
      throw new CommandError(`${path} can't be written: ${error instanceof Error ? error.message : String(error)}`);
    }
    written.push(path);
  };
  write(files.report, () => reportPage(reports));
  write(files.json, () => `${JSON.stringify(reports.length === 1 ? reports[0] : reports, undefined, 1)}\n`);
  write(files.junit, () => junitXml(reports));
  return written;
}

/** Where they go unless --ledger says otherwise; several rehearsals of one command each have theirs. */
export function ledgerPath(files: Files, env: Env, { startedAt, strategy }: Report, several: boolean): string {
  if (files.ledger !== undefined) return several ? files.ledger.replace(/(\.jsonl)?(\.gz)?$/, `-${strategy}.jsonl.gz`) : files.ledger;
  const stamp = startedAt.replace(/[:.]/g, "-");
  return join(homeFolder(env), "rehearsals", `${stamp}-${strategy}.ledger.jsonl.gz`);
}

/** The ledger, and the timeline beside it. */
export async function writeLedger(path: string, rehearsal: Pick<Rehearsal, "rows" | "timeline">): Promise<string> {
  const timeline = path.replace(/(\.ledger)?(\.jsonl)?(\.gz)?$/, ".timeline.jsonl.gz");
  try {
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(Readable.from(jsonLinesGzip(rehearsal.rows)), createWriteStream(path));
    await pipeline(Readable.from(jsonLinesGzip(rehearsal.timeline)), createWriteStream(timeline));
  } catch (error) {
    throw new CommandError(`${path} can't be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  return timeline;
}
