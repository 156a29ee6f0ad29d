/** The help texts, by the path of their verb: `get`, `rollout undo`; "" is kubectl itself. Loaded only when asked for. */

/** What there is to know of the user: the home that some defaults show, and the environment that opens more flags. */
export interface HelpReader {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: { readonly home: string };
}

/** undefined for a verb that upstream doesn't have. */
export async function helpText(path: string, { env, files }: HelpReader): Promise<string | undefined> {
  const { default: json } = await import("./texts.json", { with: { type: "json" } });
  const texts = json as Readonly<Record<string, string>>;
  const opened = env["KUBECTL_APPLYSET"]?.toLowerCase() === "true" ? texts[`${path}, with KUBECTL_APPLYSET`] : undefined;
  return (opened ?? texts[path])?.replaceAll("{home}", files.home);
}

/** What stands between the long description and the end: what an unknown topic is answered with. */
export async function usageText(reader: HelpReader): Promise<string> {
  const whole = (await helpText("", reader)) ?? "";
  return whole.slice(whole.indexOf("Basic Commands"));
}
