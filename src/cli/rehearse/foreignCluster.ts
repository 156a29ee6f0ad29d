/** A client of any cluster that a kubeconfig names. */
import type { Client } from "../../client/client.ts";
import { createClient } from "../../client/httpClient.ts";
import { loadingRules, loadKubeconfig } from "../../kubectl/kubeconfig/load.ts";
import { accessOf } from "../../kubectl/kubeconfig/access.ts";
import { resolveConfig } from "../../kubectl/kubeconfig/clientConfig.ts";
import { globalFlags, type GlobalFlags } from "../../kubectl/flags.ts";
import { CommandError } from "../command.ts";
import { processHost } from "../kubectlHost.ts";

const noFlags = Object.fromEntries(Object.entries(globalFlags).map(([name, flag]) => [name, flag.initial])) as GlobalFlags;

export async function foreignClient(
  context: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<{ readonly client: Client; readonly close: () => void }> {
  const host = processHost(signal);
  try {
    const kubeconfig = await loadKubeconfig(loadingRules("", env, host.files.home), host.files);
    const config = await resolveConfig(kubeconfig, { ...noFlags, context }, env, host.files);
    const access = await accessOf(config, host, 0);
    const connection = await access.connection();
    const client = createClient(
      async (request) => connection.transport({ ...request, headers: { ...request.headers, ...(await access.headers()) } }),
      { userAgent: "cox" },
    );
    return { client, close: () => connection.close() };
  } catch (error) {
    throw new CommandError(`The context "${context}" can't be used: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
