/** The help texts, by the path of their verb: `get`, `rollout undo`; "" is kubectl itself. Loaded only when asked for. */

/** undefined for a verb that upstream doesn't have. `home`: the user's, which some defaults show. */
export async function helpText(path: string, home: string): Promise<string | undefined> {
  const { default: texts } = await import("./texts.json", { with: { type: "json" } });
  return (texts as Readonly<Record<string, string>>)[path]?.replaceAll("{home}", home);
}

/** What stands between the long description and the end: what an unknown topic is answered with. */
export async function usageText(home: string): Promise<string> {
  const whole = (await helpText("", home)) ?? "";
  return whole.slice(whole.indexOf("Basic Commands"));
}
