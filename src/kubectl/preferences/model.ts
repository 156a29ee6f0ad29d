/** What a kuberc file says: other defaults for flags, verbs of the user's own, which credential plug-ins may run. Upstream: kubectl/pkg/config/types.go */

export interface OptionDefault {
  readonly name: string;
  readonly default: string;
}

export interface CommandDefaults {
  /** `set env`. */
  readonly command: string;
  readonly options: readonly OptionDefault[];
}

export interface Alias {
  readonly name: string;
  readonly command: string;
  /** Behind the alias. */
  readonly prependArgs: readonly string[];
  /** At the end of the command line. */
  readonly appendArgs: readonly string[];
  readonly options: readonly OptionDefault[];
}

export interface PluginPolicy {
  /** Empty: all may run. */
  readonly type: string;
  readonly allowlist: readonly string[] | undefined;
}

export interface Preferences {
  readonly defaults: readonly CommandDefaults[];
  readonly aliases: readonly Alias[];
  readonly pluginPolicy: PluginPolicy;
}

export const allowAll: PluginPolicy = { type: "", allowlist: undefined };
