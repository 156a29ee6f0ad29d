/**
 * A session with what already runs in a container: of attach, and of run and debug after they have started it.
 * Upstream: kubectl/pkg/cmd/attach/attach.go
 */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { TerminalSize } from "../host.ts";
import { chosenContainer, type FoundContainer } from "../pods/containers.ts";
import type { Session } from "../session.ts";
import { defaultDetachKeys, detachable } from "./detachKeys.ts";
import { attachCall } from "./execCall.ts";
import { remoteCommand } from "./remoteCommand.ts";
import { terminalGiven, type TerminalWish, withLocalEnds } from "./terminal.ts";

export interface AttachWish extends TerminalWish {
  /** Empty: the pod's default. */
  readonly container: string;
  readonly detachKeys: string;
  /** As the closing hint names the verb: `kubectl attach`. */
  readonly commandName: string;
}

const recorded =
  "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n";

/** The container that `wish` means; tells where it was picked. */
export function containerToAttach(session: Session, pod: Pod, wish: AttachWish): FoundContainer {
  return chosenContainer(pod, wish.container, (text) => (wish.quiet ? undefined : session.err(text)));
}

export async function attachTo(session: Session, pod: Pod, { container, list }: FoundContainer, wish: AttachWish): Promise<void> {
  const { host } = session;
  const allocated = container.tty === true;
  if (wish.tty && !allocated && !wish.quiet) session.err(`error: Unable to use a TTY - container ${container.name} did not allocate one\n`);
  // A container that was started with a terminal can only be met with one.
  const terminal = terminalGiven(host, { ...wish, tty: allocated });
  if (!wish.quiet) session.err(`${recorded}If you don't see a command prompt, try pressing enter.\n`);
  const api = await session.api();
  const call = attachCall(pod, { container: container.name, stdin: wish.stdin, stderr: !terminal, tty: terminal });
  const keys = wish.detachKeys === "" ? defaultDetachKeys : wish.detachKeys;
  const local = { stdin: wish.stdin, terminal, firstSize: onePlus, ...(terminal ? { filter: detachable(keys) } : {}) };
  await withLocalEnds(host, local, (ends) => remoteCommand(api, call, ends, host.signal));
  if (!wish.quiet && wish.stdin && terminal) session.out(`${resumeHint(pod, container.name, list, wish.commandName)}\n`);
}

/** The real size follows at once: the change makes the program draw its screen anew. */
function onePlus({ columns, rows }: TerminalSize): TerminalSize {
  return { columns: columns + 1, rows: rows + 1 };
}

function resumeHint({ metadata }: Pod, container: string, list: FoundContainer["list"], commandName: string): string {
  const command = `'${commandName} ${metadata.name} -c ${container} -n ${metadata.namespace} -i -t'`;
  return list === "ephemeralContainers"
    ? `Session ended, the ephemeral container will not be restarted but may be reattached using ${command} if it is still running`
    : `Session ended, resume using ${command} command`;
}
