/** All that was selected, with what went wrong beside it: verbs that work on what they got and tell the rest at the end. */
import type { LoadedInfo } from "../resources/info.ts";
import type { Selection } from "../resources/selection.ts";

export async function collectInfos(selection: Selection): Promise<{ readonly infos: LoadedInfo[]; readonly problem: unknown }> {
  const infos: LoadedInfo[] = [];
  try {
    await selection.visit((info) => void infos.push(info));
  } catch (problem) {
    return { infos, problem };
  }
  return { infos, problem: undefined };
}
