/**
 * One run of kubectl: where it writes, and what it learns on the way, each thing at its first use: kubeconfig, connection, discovery.
 * Upstream: kubectl/pkg/cmd/util/factory_client_access.go
 */
import { type Api, createApi } from "./api.ts";
import { KubectlError } from "./errors.ts";
import type { GlobalFlags } from "./flags.ts";
import { goDurationProblem, parseGoDuration } from "./goDuration.ts";
import type { KubectlHost } from "./host.ts";
import { accessOf } from "./kubeconfig/access.ts";
import { configuredNamespace, resolveConfig, type ResolvedConfig } from "./kubeconfig/clientConfig.ts";
import { loadingRules, type LoadingRules, loadKubeconfig } from "./kubeconfig/load.ts";
import type { Kubeconfig } from "./kubeconfig/model.ts";
import type { PluginPolicy } from "./preferences/model.ts";
import { discover, type Discovery } from "./resources/discovery.ts";
import { RestMapper } from "./resources/restMapper.ts";

export interface ChosenNamespace {
  readonly name: string;
  /** Given by --namespace: objects of other namespaces are refused. */
  readonly explicit: boolean;
}

export class Session {
  readonly host: KubectlHost;
  readonly globals: GlobalFlags;
  /** As upstream's user agent is made. */
  private readonly userAgent: string;
  /** Which credential plug-ins may run; undefined: all. */
  private readonly pluginPolicy: PluginPolicy | undefined;
  private warnings = 0;
  private readonly kept = new Map<string, Promise<unknown>>();

  constructor(host: KubectlHost, globals: GlobalFlags, userAgent: string, pluginPolicy?: PluginPolicy) {
    this.host = host;
    this.globals = globals;
    this.userAgent = userAgent;
    this.pluginPolicy = pluginPolicy;
  }

  out(text: string | Uint8Array): void {
    this.host.out.write(text);
  }

  err(text: string): void {
    this.host.err.write(text);
  }

  /** `Warning: TEXT` on stderr, in colour on a terminal. */
  warn(text: string): void {
    this.warnings += 1;
    const coloured = this.host.err.isTerminal && (this.host.env["NO_COLOR"] ?? "") === "" && this.host.env["TERM"] !== "dumb";
    this.err(coloured ? `\u001b[33;1mWarning:\u001b[0m ${text}\n` : `Warning: ${text}\n`);
  }

  get warningCount(): number {
    return this.warnings;
  }

  rules(): LoadingRules {
    return loadingRules(this.globals.kubeconfig, this.host.env, this.host.files.home);
  }

  kubeconfig(): Promise<Kubeconfig> {
    return this.once("kubeconfig", () => loadKubeconfig(this.rules(), this.host.files));
  }

  config(): Promise<ResolvedConfig> {
    return this.once("config", async () => {
      const config = await resolveConfig(await this.kubeconfig(), this.globals, this.host.env, this.host.files);
      this.timeoutMs();
      return config;
    });
  }

  async namespace(): Promise<ChosenNamespace> {
    if (this.globals.namespace !== "") return { name: this.globals.namespace, explicit: true };
    const name = await configuredNamespace(await this.kubeconfig(), this.globals, this.host.env, this.host.files);
    return { name, explicit: false };
  }

  api(): Promise<Api> {
    return this.once("api", async () => this.apiOf(await this.config()));
  }

  /** For another server than the configured one; whoever asks closes it. */
  async apiOf(config: ResolvedConfig): Promise<Api> {
    const access = await accessOf(config, this.host, this.timeoutMs(), this.pluginPolicy);
    return createApi(access, {
      userAgent: this.userAgent,
      warn: (text) => this.warn(text),
      signal: this.host.signal,
      after: (ms, then) => this.host.clock.after(ms, then),
    });
  }

  discovery(): Promise<Discovery> {
    return this.once("discovery", async () => discover(await this.api()));
  }

  mapper(): Promise<RestMapper> {
    return this.once("mapper", async () => new RestMapper(await this.discovery(), (text) => this.warn(text)));
  }

  async close(): Promise<void> {
    const api = this.kept.get("api") as Promise<Api> | undefined;
    await api?.then(
      (made) => made.close(),
      () => undefined,
    );
  }

  private once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.kept.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.kept.set(name, made);
    return made;
  }

  private timeoutMs(): number {
    const text = this.globals["request-timeout"];
    if (text === "0" || text === "") return 0;
    if (/^\d+$/.test(text)) return Number(text) * 1000;
    const ms = parseGoDuration(text);
    if (ms === undefined) {
      void goDurationProblem(text);
      throw new KubectlError(
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)",
      );
    }
    return ms;
  }
}
