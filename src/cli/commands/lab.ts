/** `cox lab`: the deployment lab: its guide, its files, and a run of it on a real cluster. */
import { resolve } from "node:path";
import { type Command, CommandError, UsageError } from "../command.ts";
import { packagePath, writeLab } from "../lab/files.ts";
import { reachableUrl } from "../movedPorts.ts";
import { runLab } from "../lab/run.ts";
import { drawShares, measureShares, type Shares } from "../lab/share.ts";

export const lab: Command = {
  name: "lab",
  summary: "Tells where the deployment lab's guide is.",
  options: {},
  async run({ streams }) {
    streams.out(
      `The deployment lab:\n  English  ${packagePath("docs", "lab.md")}\n  한국어   ${packagePath("docs", "lab.ko.md")}\n\n` +
        "cox lab init DIR   writes its files into DIR\ncox lab run        runs it, step by step, on a cluster\n",
    );
    return 0;
  },
};

export const labInit: Command = {
  name: "lab init",
  summary: "Writes the lab's files into a folder.",
  operands: "DIR",
  options: {},
  async run({ operands, streams }) {
    const [folder, more] = operands;
    if (folder === undefined || more !== undefined) throw new UsageError("Give one folder: cox lab init DIR");
    await writeLab(resolve(folder));
    streams.out(`The lab's files are in ${resolve(folder)}; the guide is ${packagePath("docs", "lab.md")}.\n`);
    return 0;
  },
};

export const labRun: Command = {
  name: "lab run",
  summary: "Runs the lab step by step on a real cluster and leaves it up.",
  options: {
    name: { type: "string", value: "NAME", default: "bootcamp", help: "the cluster; started when it isn't up" },
    nodes: { type: "string", value: "N", default: "5", help: "how many nodes when it has to be started" },
  },
  run: (input) => runLab(input, { name: input.text("name") ?? "bootcamp", nodes: input.text("nodes") ?? "5" }),
};

export const labShare: Command = {
  name: "lab share",
  summary: "Asks a URL many times and shows which version answered how often.",
  operands: "URL",
  options: {
    requests: { type: "string", value: "N", default: "100", help: "how many requests" },
    expect: {
      type: "string",
      multiple: true,
      value: "VERSION=PERCENT",
      help: "fail unless the share is this, e.g. 2.0.0=100 or 1.0.0=50-95",
    },
    "sticky-clients": { type: "string", value: "N", help: "ask from N client addresses and fail unless each sees one version only" },
  },
  async run(input) {
    const url = reachableUrl(targetUrl(input.operands), input.env);
    const requests = count(input.text("requests") ?? "100", "--requests");
    const sticky = input.text("sticky-clients");
    if (sticky !== undefined) return stickyClients(url, count(sticky, "--sticky-clients"), requests, input.streams.out);
    const shares = await measureShares({ url, requests, concurrency: 4 });
    input.streams.out(drawShares(shares));
    return unmetExpectation(shares, input.texts("expect"), input.streams.err);
  },
};

function targetUrl(operands: readonly string[]): URL {
  const [text, more] = operands;
  if (text === undefined || more !== undefined || !URL.canParse(text))
    throw new UsageError("Give one URL: cox lab share https://127.64.0.1/version");
  const url = new URL(text);
  if (!/^(127\.|localhost$|\[::1\]$)/.test(url.hostname)) {
    throw new CommandError(`${url.hostname} is not on this machine: 'cox lab share' asks loopback addresses only.`);
  }
  return url;
}

function count(text: string, option: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 10_000) throw new UsageError(`${option} ${text}: give a number from 1 to 10000.`);
  return number;
}

async function stickyClients(url: URL, clients: number, requests: number, out: (text: string) => void): Promise<number> {
  let mixed = 0;
  for (let client = 1; client <= clients; client += 1) {
    const localAddress = `127.0.1.${client}`;
    const shares = await measureShares({ url, requests: Math.max(2, Math.ceil(requests / clients)), concurrency: 1, localAddress });
    if (shares.size > 1) mixed += 1;
    out(`  client ${localAddress}  ${[...shares].map(([version, times]) => `${version} (${times})`).join(", ")}\n`);
  }
  out(mixed === 0 ? "  Each client stayed on one side.\n" : `  ${mixed} of ${clients} clients saw more than one answer.\n`);
  return mixed === 0 ? 0 : 1;
}

/** Exit code 1 and a line on stderr for the first expectation that isn't met. */
function unmetExpectation(shares: Shares, expectations: readonly string[], err: (text: string) => void): number {
  const total = [...shares.values()].reduce((sum, times) => sum + times, 0);
  for (const expectation of expectations) {
    const [, version = "", from = "", to = from] = /^(.+)=(\d+)(?:-(\d+))?$/.exec(expectation) ?? [];
    if (version === "") throw new UsageError(`--expect ${expectation}: give it as VERSION=PERCENT or VERSION=FROM-TO.`);
    const share = ((shares.get(version) ?? 0) / total) * 100;
    if (share < Number(from) || share > Number(to)) {
      err(`Expected ${from === to ? from : `${from} to ${to}`} % of ${version}, and it was ${share.toFixed(0)} %.\n`);
      return 1;
    }
  }
  return 0;
}
