/** `kubectl version`. Upstream: kubectl/pkg/cmd/version */
import { type Verb, verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { bool, text } from "../flags.ts";
import { jsonText } from "../printers/json.ts";
import type { Session } from "../session.ts";
import { clientVersion, kustomizeVersion } from "../upstreamVersion.ts";

interface VersionInfo {
  readonly gitVersion: string;
  readonly [field: string]: string;
}

export const version: Verb = verb({
  name: "version",
  flags: { client: bool(), output: text({ short: "o" }) },
  async run({ args, flags, session }) {
    if (!flags.client) await session.config();
    if (!flags.client && args.length > 0) throw new KubectlError(`extra arguments: [${args.join(" ")}]`);
    if (!["", "yaml", "json"].includes(flags.output)) throw new KubectlError("--output must be 'yaml' or 'json'");
    let failure: unknown;
    let server: VersionInfo | undefined;
    // A kubeconfig that can't be used ends it here; a server that doesn't answer only after the client's own version.
    const api = flags.client ? undefined : await session.api();
    try {
      server = (await api?.json({ path: "/version" })) as VersionInfo | undefined;
    } catch (error) {
      failure = error;
    }
    await print(session, flags.output, server);
    if (server !== undefined) tellSkew(session, server.gitVersion);
    if (failure !== undefined) throw failure;
  },
});

async function print(session: Session, output: string, server: VersionInfo | undefined): Promise<void> {
  const all = { clientVersion, kustomizeVersion, ...(server === undefined ? {} : { serverVersion: server }) };
  if (output === "json") return session.out(`${jsonText(all, { sorted: false, indent: "  " })}\n`);
  if (output === "yaml") {
    const { yamlText } = await import("../printers/yaml.ts");
    return session.out(`${yamlText(all)}\n`);
  }
  session.out(`Client Version: ${clientVersion.gitVersion}\nKustomize Version: ${kustomizeVersion}\n`);
  if (server !== undefined) session.out(`Server Version: ${server.gitVersion}\n`);
}

const supportedMinorSkew = 1;

/** Major and minor; none where it is no version. */
function versionNumbers(text: string): number[] {
  return (/^v?(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
}

function tellSkew(session: Session, serverVersion: string): void {
  const [major = 0, minor = 0] = versionNumbers(clientVersion.gitVersion);
  const [serverMajor, serverMinor] = versionNumbers(serverVersion);
  if (serverMajor === undefined || serverMinor === undefined) {
    throw new KubectlError(`server version error: could not parse ${JSON.stringify(serverVersion)} as version`);
  }
  if (major === serverMajor && Math.abs(minor - serverMinor) <= supportedMinorSkew) return;
  const text = `version difference between client (${major}.${minor}) and server (${serverMajor}.${serverMinor}) exceeds the supported minor version skew of +/-${supportedMinorSkew}`;
  if (session.globals["warnings-as-errors"]) throw new KubectlError(text);
  session.err(`Warning: ${text}\n`);
}
