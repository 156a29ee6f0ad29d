/** What is refused of preferences before they are used. Upstream: kubectl/pkg/kuberc/kuberc.go (validate), client-go/plugin/pkg/client/auth/exec */
import { goQuote } from "../../schema/scalars/goText.ts";
import { clean } from "../copying/goPaths.ts";
import { KubectlError } from "../errors.ts";
import type { OptionDefault, PluginPolicy, Preferences } from "./model.ts";

/** Throws KubectlError. */
export function checkPreferences({ aliases, defaults, pluginPolicy }: Preferences): void {
  const names = new Set<string>();
  for (const { name, options } of aliases) {
    if (!/^[a-zA-Z]+$/.test(name)) throw new KubectlError("invalid alias name, can only include alphabetical characters");
    checkOptions(options);
    if (names.has(name)) throw new KubectlError(`duplicate alias name ${name}`);
    names.add(name);
  }
  for (const { options } of defaults) checkOptions(options);
  checkPolicy(pluginPolicy);
}

function checkOptions(options: readonly OptionDefault[]): void {
  const dashed = options.find(({ name }) => name.startsWith("-"));
  if (dashed !== undefined) throw new KubectlError(`flag name ${dashed.name} should be in long form without dashes`);
}

function checkPolicy({ type, allowlist }: PluginPolicy): void {
  if (["", "AllowAll", "DenyAll"].includes(type)) {
    if (allowlist === undefined) return;
    throw new KubectlError(`misconfigured credential plugin allowlist: plugin policy is ${goQuote(type)} but allowlist is non-nil`);
  }
  if (type !== "Allowlist") throw new KubectlError(`unknown plugin policy: ${goQuote(type)}`);
  if (allowlist === undefined) throw new KubectlError('credential plugin policy set to "Allowlist", but allowlist is unspecified');
  if (allowlist.length === 0)
    throw new KubectlError('credential plugin policy set to "Allowlist", but allowlist is empty; use "DenyAll" policy instead');
  for (const [at, command] of allowlist.entries()) {
    if (command === "") throw new KubectlError(`misconfigured credential plugin allowlist: empty allowlist entry #${at + 1}`);
    if (clean(command) !== command) throw new KubectlError(`non-normalized file path: ${goQuote(command)} vs ${goQuote(clean(command))}`);
  }
}
