/** The agent's side of the border test: pods, data plane and balancer in namespaces, told by IPC what to do. Bundled and started by border.test.ts. */
import { once } from "node:events";
import { createServer } from "node:net";
import { openBorder } from "../../../src/host-node/border/agentSide.ts";
import { createBalancer } from "../../../src/host-node/border/balancer.ts";
import { aContainer, aSandbox, fetchText, host, makeWorld, pull, until } from "../inside/world.ts";
import type { FromFixture, ToFixture } from "./messages.ts";

const tell = (message: FromFixture): void => void process.send?.(message);

async function main(): Promise<void> {
  const world = await makeWorld();
  const border = openBorder(process);
  const balancer = createBalancer({
    ...host,
    border,
    nodePortAddress: "127.0.0.1",
    onListener: (listener) => tell({ type: "listener", listener }),
  });
  const backends = await Promise.all(
    ["1.0.0", "2.0.0"].map(async (version) => {
      const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: `hello-${version}` }));
      const id = await world.runtime.containers.create(sandbox.id, aContainer(await pull(world, `hello:${version}`)));
      await world.runtime.containers.start(id);
      await until(() =>
        fetchText(`http://${sandbox.ip}/`).then(
          () => true,
          () => false,
        ),
      );
      return { ip: sandbox.ip, port: 80, nodeName: "node-1", podName: version };
    }),
  );
  // An echo server inside, to be accepted on by the other side.
  const inside = createServer();
  inside.listen(6443, "172.31.1.1");
  await once(inside, "listening");
  await border.offer("kubernetes", inside);
  process.on("message", (message: ToFixture) => {
    if (message.type === "rules") {
      const rules = message.rules.map((rule) => ({
        ...rule,
        backends: backends.filter(({ podName }) => message.versions.includes(podName)),
      }));
      void balancer.apply(rules).then(() => tell({ type: "applied" }));
    } else if (message.type === "fetch") {
      const answer = fetchText(message.url).catch((error: Error) => error.message);
      void answer.then((text) => tell({ type: "fetched", text }));
    }
  });
  tell({ type: "ready" });
}

process.on("disconnect", () => process.exit(0));
void main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
