/** A run of vitest in a process of its own, e.g. in other namespaces, and what came of its cases. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface CaseReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly Case[];
  }[];
}

interface Case {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

export interface InnerRun {
  /** What runs vitest's words, e.g. `["unshare", "--net", "--"]`. */
  readonly prefix: readonly string[];
  readonly config: string;
  /** Narrows to files whose names have that. */
  readonly only?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the report is written. */
  readonly folder: string;
}

/** Rejects with all that was said where there is no report. */
export async function innerRun({ prefix, config, only, env, folder }: InnerRun): Promise<CaseReport> {
  const file = join(folder, "report.json");
  const vitest = [process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run", ...(only === undefined ? [] : [only])];
  const options = ["--config", config, "--configLoader", "runner", "--reporter=json", `--outputFile=${file}`];
  const [program = "", ...args] = [...prefix, ...vitest, ...options];
  const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  if (!existsSync(file)) throw new Error(`vitest inside gave no report:\n${said}`);
  return JSON.parse(readFileSync(file, "utf8")) as CaseReport;
}

/** Prints how many passed, and which were left out; gives the failed ones' texts. `where`: e.g. `as root`. */
export function tellCases(report: CaseReport, where: string): { readonly passed: number; readonly problems: string } {
  const broken = report.testResults
    .filter((result) => result.assertionResults.length === 0)
    .map(({ name, message }) => `${name}: ${message}`);
  const cases = report.testResults.flatMap((result) => result.assertionResults);
  const passed = cases.filter(({ status }) => status === "passed").length;
  const failed = cases
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join("\n")}`);
  const leftOut = cases.filter(({ status }) => status !== "passed" && status !== "failed").map(({ fullName }) => `\n  ${fullName}`);
  console.log(`${passed} cases passed ${where}, ${leftOut.length} skipped${leftOut.join("")}`);
  return { passed, problems: [...broken, ...failed].join("\n\n") };
}
