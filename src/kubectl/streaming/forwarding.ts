/**
 * Port-forward: listens here, and carries each connection through the tunnel to its port of the pod, until the user or the pod ends it.
 * Upstream: client-go/tools/portforward/portforward.go
 */
import { goQuote } from "../../schema/scalars/goText.ts";
import { KubectlError, textOf } from "../errors.ts";
import type { LocalListener, LocalSocket, PortTunnel } from "../host.ts";
import type { ForwardedPort } from "../pods/portNumbers.ts";
import type { Session } from "../session.ts";
import type { ListenAddress } from "./listenAddresses.ts";

/** Resolves when the user ends it (Ctrl-C). */
export async function forwardPorts(
  session: Session,
  tunnel: PortTunnel,
  ports: readonly ForwardedPort[],
  addresses: readonly ListenAddress[],
): Promise<void> {
  const listeners: LocalListener[] = [];
  try {
    const wanted: ForwardedPort[] = [];
    let listening = false;
    for (const port of ports) {
      const { local, problem } = await listenOnPort({ session, tunnel, listeners }, port, addresses);
      wanted.push({ local, remote: port.remote });
      if (problem === undefined) listening = true;
      else session.err(`Unable to listen on port ${local}: ${problem}\n`);
    }
    if (!listening) {
      const told = wanted.map(({ local, remote }) => `{${local} ${remote}}`).join(" ");
      throw new KubectlError(`unable to listen on any of the requested ports: [${told}]`);
    }
    await untilOver(session.host.signal, tunnel.gone);
    if (!session.host.signal.aborted) throw new KubectlError("lost connection to pod");
  } finally {
    tunnel.close();
    for (const listener of listeners) listener[Symbol.dispose]();
  }
}

function untilOver(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    }
  });
}

interface Room {
  readonly session: Session;
  readonly tunnel: PortTunnel;
  readonly listeners: LocalListener[];
}

/** `local`: the port that was found, where any would do. */
async function listenOnPort(
  room: Room,
  port: ForwardedPort,
  addresses: readonly ListenAddress[],
): Promise<{ readonly local: number; readonly problem: string | undefined }> {
  const { session, listeners } = room;
  const problems: string[] = [];
  const counts = { localhost: 0, localhostFailed: 0, otherFailed: 0 };
  let { local } = port;
  for (const { address, ofLocalhost } of addresses) {
    try {
      const listener: LocalListener = await session.host.listen(address, local, (socket) => {
        void carry(room, socket, { local: listener.port, remote: port.remote });
      });
      listeners.push(listener);
      local = listener.port;
      session.out(`Forwarding from ${address.includes(":") ? `[${address}]` : address}:${local} -> ${port.remote}\n`);
      if (ofLocalhost) counts.localhost += 1;
    } catch (error) {
      problems.push(`unable to create listener: Error ${textOf(error)}`);
      if (ofLocalhost) counts.localhostFailed += 1;
      else counts.otherFailed += 1;
    }
  }
  const failed = (counts.localhost === 0 && counts.localhostFailed > 0) || counts.otherFailed > 0;
  return { local, problem: failed ? `Listeners failed to create with the following errors: [${problems.join(" ")}]` : undefined };
}

async function carry({ session, tunnel }: Room, socket: LocalSocket, port: ForwardedPort): Promise<void> {
  session.out(`Handling connection for ${port.local}\n`);
  try {
    const remote = await tunnel.open(port.remote);
    const sent = (async () => {
      for await (const data of socket.incoming) await remote.send(data);
      await remote.end();
    })();
    // The user's side has broken off: nobody reads what is still coming.
    sent.catch(() => remote.reset());
    for await (const data of remote.incoming) await socket.write(data);
    socket.end();
    const problem = await remote.problem();
    // What is left of the other direction has nowhere to go.
    await remote.reset();
    if (problem === "") return;
    tellError(session, `an error occurred forwarding ${port.local} -> ${port.remote}: ${problem}`);
    tunnel.close();
  } catch (error) {
    if (!tunnel.gone.aborted) tellError(session, `error forwarding ${port.local} -> ${port.remote}: ${textOf(error)}`);
  } finally {
    socket.destroy();
  }
}

/** Upstream tells of these in its log's form, which people search for. */
function tellError(session: Session, text: string): void {
  const now = new Date(session.host.clock.now());
  const day = `${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}.${String(now.getMilliseconds()).padStart(3, "0")}000`;
  session.err(`E${day} ${time} portforward] "Unhandled Error" err=${goQuote(text)}\n`);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
