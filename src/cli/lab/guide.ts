/**
 * The lab's guide as data: docs/lab.md is what a person reads and what `cox lab run` and the tests execute. A fence ```` ```sh ```` holds commands, one a line;
 * ```` ```sh skip ```` is shown only.
 */
export interface GuideBlock {
  /** The paragraph before the commands. */
  readonly why: string;
  readonly commands: readonly string[];
}
export interface GuideStep {
  readonly title: string;
  readonly blocks: readonly GuideBlock[];
}

export function parseGuide(markdown: string): GuideStep[] {
  const steps: { title: string; blocks: GuideBlock[] }[] = [];
  let prose: string[] = [];
  let fence: string[] | undefined;
  let skipped = false;
  for (const line of markdown.split("\n")) {
    if (fence !== undefined && line !== "```") fence.push(line);
    else if (fence !== undefined) {
      if (!skipped) steps.at(-1)?.blocks.push({ why: prose.join(" ").trim(), commands: fence });
      prose = [];
      fence = undefined;
    } else if (line.startsWith("```")) {
      skipped = line !== "```sh";
      fence = [];
    } else if (line.startsWith("## ")) {
      steps.push({ title: line.slice(3), blocks: [] });
      prose = [];
    } else prose.push(line);
  }
  return steps.filter((step) => step.blocks.length > 0);
}
