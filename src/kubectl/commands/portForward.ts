/** `kubectl port-forward`. Upstream: kubectl/pkg/cmd/portforward/portforward.go */
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";
import { type Call, verb, type Verb } from "../command.ts";
import { KubectlError, textOf, usageError } from "../errors.ts";
import { list } from "../flags.ts";
import { parsePorts, podPorts, servicePorts } from "../pods/portNumbers.ts";
import { podRunningTimeout, podRunningTimeoutFlag } from "../pods/runningTimeout.ts";
import { attachablePod, podKind } from "../pods/workloadPods.ts";
import { pathOf, Requests } from "../resources/requests.ts";
import { select } from "../resources/select.ts";
import { forwardPorts } from "../streaming/forwarding.ts";
import { listenAddresses } from "../streaming/listenAddresses.ts";

const flagTable = {
  ...podRunningTimeoutFlag(60_000),
  address: list({ initial: ["localhost"] }),
};

export const portForward: Verb = verb({
  name: "port-forward",
  flags: flagTable,
  async run(call) {
    const { args, flags, session, path } = call;
    if (args.length < 2) throw usageError(path, "TYPE/NAME and list of ports are required for port-forward");
    const { pod, ports } = await podAndPorts(call);
    const api = await session.api();
    const place = { namespace: (await session.namespace()).name, name: pod.metadata.name ?? "" };
    const now = (await new Requests(api).get(podKind, place)) as unknown as Pod;
    const phase = now.status?.phase ?? "";
    if (phase !== "Running") throw new KubectlError(`unable to forward port because pod is not running. Current status=${phase}`);
    const addresses = listenAddresses(flags.address);
    const parsed = parsePorts(ports);
    const tunnel = await api.forward({ path: pathOf(podKind, place, "portforward") }).catch((error: unknown) => {
      throw error instanceof KubectlError ? new KubectlError(`error upgrading connection: ${error.message}`) : error;
    });
    await forwardPorts(session, tunnel, parsed, addresses);
  },
});

async function podAndPorts({
  args,
  flags,
  session,
  path,
}: Call<typeof flagTable>): Promise<{ readonly pod: Pod; readonly ports: string[] }> {
  const [resource = "", ...texts] = args;
  const { name: namespace } = await session.namespace();
  let timeoutMs;
  try {
    timeoutMs = podRunningTimeout(flags);
  } catch (error) {
    throw usageError(path, textOf(error));
  }
  const selection = await select(session, { names: { type: "pods", names: [resource] }, namespace, continueOnError: true });
  const object = await selection.object();
  const pod = await attachablePod(session, object, timeoutMs);
  const isService = object.apiVersion === "v1" && object.kind === "Service";
  return { pod, ports: isService ? servicePorts(texts, object as unknown as Service, pod) : podPorts(texts, pod) };
}
