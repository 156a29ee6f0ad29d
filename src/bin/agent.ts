/** The node agent's program: the control plane starts it in namespaces of its own and sends its orders over IPC. */
import { setMaxListeners } from "node:events";
import { runAgent } from "../daemon/agent.ts";
import type { AgentOrders, AgentReport } from "../daemon/messages.ts";

// One signal stops many waiting parts here; that is no leak.
setMaxListeners(0);

const report = (message: AgentReport): void => void process.send?.(message);
process.on("disconnect", () => process.exit(0));
process.on("message", (message: AgentOrders) => {
  if (message.type !== "start") return;
  runAgent(message, report).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    report({
      type: "failed",
      message: `The node agent can't start: ${error instanceof Error ? error.message : String(error)}. See 'cox doctor'.`,
    });
    process.exitCode = 1;
    process.disconnect();
  });
});
