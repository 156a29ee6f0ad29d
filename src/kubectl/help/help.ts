/**
 * The help texts, by the path of their verb: `get`, `rollout undo`; "" is kubectl itself. They are upstream's own, brought along by the build
 * (docs/adr/0014); where it had none, plainHelp.ts tells what the flag tables know.
 */
import type { KubectlHost } from "../host.ts";

export type HelpReader = Pick<KubectlHost, "env" | "helpTexts"> & { readonly files: Pick<KubectlHost["files"], "home"> };

/** Upstream's text; undefined for a verb that upstream doesn't have, or without texts. */
export async function helpText(path: string, { env, files, helpTexts }: HelpReader): Promise<string | undefined> {
  const texts = await helpTexts();
  const opened = env["KUBECTL_APPLYSET"]?.toLowerCase() === "true" ? texts[`${path}, with KUBECTL_APPLYSET`] : undefined;
  return (opened ?? texts[path])?.replaceAll("{home}", files.home);
}
