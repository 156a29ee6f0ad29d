/** What verbs and flags are for, in a line each, out of the help texts: a shell shows it beside what it offers. */

/** By name, of the verbs that a help text lists. */
export function verbTexts(help: string): ReadonlyMap<string, string> {
  return new Map([...help.matchAll(/^ {2}([a-z][\w-]*) {2,}(\S.*)$/gm)].map(([, name = "", text = ""]) => [name, text]));
}

/** By `--name` and `-n`, of the flags that a help text explains; the first line of each. */
export function flagTexts(help: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [, short, name = "", text = ""] of help.matchAll(/^ +(?:-(\w), )?--([\w-]+)=.*:\n\t(.*)$/gm)) {
    texts.set(`--${name}`, text.trim());
    if (short !== undefined) texts.set(`-${short}`, text.trim());
  }
  return texts;
}
