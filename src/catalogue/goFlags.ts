/** Command-line flags as Go's flag package reads them (`-http :80`, `--http=:80`), because the programs that these stand in for use it. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** `defaults` names the known flags. Stops at the first argument that isn't a flag. */
export function parseFlags<K extends string>(args: readonly string[], defaults: Readonly<Record<K, string>>): Record<K, string> {
  const values: Record<K, string> = { ...defaults };
  const known = (name: string): name is K => Object.hasOwn(defaults, name);
  for (let i = 0; i < args.length; i += 1) {
    const found = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(args[i] ?? "");
    if (found === null) break;
    const [, name = "", inline] = found;
    if (!known(name)) throw new FlagError(`flag provided but not defined: -${name}`);
    if (inline === undefined) i += 1;
    const value = inline ?? args[i];
    if (value === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    values[name] = value;
  }
  return values;
}

/** `0.0.0.0:80` or `:80`. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  if (colon < 0 || !/^\d+$/.test(text.slice(colon + 1)) || port > 65_535)
    throw new FlagError(`listen tcp: address ${text}: missing port in address`);
  const host = text.slice(0, colon);
  return { host: host === "" ? "0.0.0.0" : host, port };
}
