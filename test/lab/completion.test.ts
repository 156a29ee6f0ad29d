/** `cox completion SHELL` in the real shells, on a real cluster: verbs, flags, their values, types and names. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealCluster, realCluster } from "./realCluster.ts";

interface Shell {
  readonly name: string;
  readonly program: string;
  /** Shell text that prints what the shell offers for a line, one candidate a line. */
  readonly offers: (line: string) => string;
}

const bash = `source <(cox completion bash)
offer() {
  COMP_LINE=$1 COMP_POINT=\${#1} COMPREPLY=()
  __cox_complete
  printf '%s\\n' "\${COMPREPLY[@]}"
}
`;

/** Outside of a line editor there is nothing to complete: what the script would hand to it is printed. */
const zsh = `compdef() { :; }
compset() { :; }
_files() { print -l FILES; }
compadd() { print -l -- "\${(@P)@[-1]}"; }
source <(cox completion zsh)
offer() {
  words=("\${(@s: :)1}") CURRENT=\${#words}
  __cox_complete
}
`;

const shells: readonly Shell[] = [
  { name: "bash", program: "/bin/bash", offers: (line) => `bash -c '${bash.replaceAll("'", `'\\''`)}offer "$1"' - "${line}"` },
  { name: "zsh", program: "/usr/bin/zsh", offers: (line) => `zsh -fc '${zsh.replaceAll("'", `'\\''`)}offer "$1"' - "${line}"` },
  { name: "fish", program: "/usr/bin/fish", offers: (line) => `fish --no-config -c 'cox completion fish | source; complete -C "${line}"'` },
];

let cluster: RealCluster;
beforeAll(async () => {
  cluster = await realCluster({ name: "complete", nodes: 1, tools: "/nowhere", ownKubectl: true });
  const made = await cluster.sh("cox create configmap first && cox create configmap second && touch a-file");
  if (made.code !== 0) throw new Error(made.stderr);
}, 60_000);
afterAll(async () => await cluster[Symbol.asyncDispose]());

describe.each(shells)("$name", ({ name, program, offers }) => {
  const there = existsSync(program);
  if (!there) console.log(`skipped: completion in ${name}, which is not installed (apt-get install ${name})`);

  async function offered(line: string): Promise<string[]> {
    const { stdout, stderr, code } = await cluster.sh(offers(line));
    if (code !== 0) throw new Error(`${name}: ${stderr}`);
    // Fish shows what a candidate is for. Of \`--flag=value\` bash replaces the value only, fish the whole word.
    return stdout
      .split("\n")
      .map((one) => (one.replace(/^--\w+=/, "").split("\t")[0] ?? "").trim())
      .filter((one) => one !== "")
      .toSorted();
  }

  it.skipIf(!there).each([
    ["cox ann", ["annotate"]],
    ["cox rollout re", ["restart", "resume"]],
    ["cox get configm", ["configmaps"]],
    ["cox get configmaps ", ["first", "kube-root-ca.crt", "second"]],
    ["cox get configmap/fi", ["configmap/first"]],
    ["cox delete cm first s", ["second"]],
    ["cox get cm --all-n", ["--all-namespaces"]],
    ["cox get cm -o jsonpath-", ["jsonpath-as-json", "jsonpath-file"]],
    ["cox get cm --output=ky", ["kyaml"]],
    ["cox get cm -n kube-p", ["kube-public"]],
    ["cox get cm --namespace=kube-p", ["kube-public"]],
    ["cox config use-context ", ["cox-complete"]],
    ["cox get cm nosuch", []],
  ])("%s", async (line, candidates) => {
    expect(await offered(line)).toEqual(candidates.toSorted());
  });
});
