/** Whether a command line is cox's own, told without loading the commands: the first words that are; other words are kubectl's. */
export const ownWords: ReadonlySet<string> = new Set(
  "up down list status doctor kubeconfig run service image lab rehearse clusters help --help -h --version".split(" "),
);

export function isOwn(args: readonly string[]): boolean {
  return args[0] === undefined || (ownWords.has(args[0]) && !meansKubectlRun(args));
}

/** `run` is a verb of both: with an image it is kubectl's. */
function meansKubectlRun([verb, ...rest]: readonly string[]): boolean {
  const end = rest.indexOf("--");
  return verb === "run" && rest.slice(0, end < 0 ? undefined : end).some((word) => word === "--image" || word.startsWith("--image="));
}
