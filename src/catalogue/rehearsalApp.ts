/**
 * The program of coxswain/rehearsal-app: a web service that misbehaves in a chosen way when it starts, serves and ends, to show what a release then
 * costs. The environment says how, see rehearsal/ports/appBehaviour.ts. Listens on PORT (default 80), for HTTP/1.1 and HTTP/2; the image sets
 * APP_VERSION.
 */
import { hostname } from "node:os";
import { type AppBehaviour, behaviourFrom, drainLingerMs, hangupLingerMs } from "../rehearsal/ports/appBehaviour.ts";
import { type Answer, TwoProtocols } from "./protocols.ts";

const version = process.env["APP_VERSION"] ?? "1.0.0";
const port = Number(process.env["PORT"] ?? 80);
const backlog = 1024;

function behaviourOrExit(): AppBehaviour {
  try {
    return behaviourFrom(process.env, { ...behaviourFrom({}), listenAfterMs: 0 });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(2);
  }
}

const behaviour = behaviourOrExit();
const waiting: Answer[] = [];
let working = 0;
let ending = false;

function work(response: Answer): void {
  working += 1;
  setTimeout(() => {
    working -= 1;
    const next = waiting.shift();
    if (next !== undefined) work(next);
    server.beforeAnswer(response);
    response.writeHead(behaviour.status, { "content-type": "application/json", "x-pod": hostname(), "x-version": version });
    response.end(`${JSON.stringify({ version, pod: hostname() })}\n`);
  }, behaviour.answerAfterMs);
}

const server = new TwoProtocols(
  (_request, response) => {
    if (behaviour.concurrency > 0 && working >= behaviour.concurrency) waiting.push(response);
    else work(response);
  },
  () => {
    if (ending && server.sockets.size === 0) process.exit(0);
  },
);
const failed = (error: Error): void => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};
setTimeout(
  () => server.listen({ host: "0.0.0.0", port, backlog }, () => process.stdout.write(`version ${version} listens on ${port}\n`), failed),
  behaviour.listenAfterMs,
);
if (behaviour.crashAfterMs > 0) setTimeout(() => process.exit(1), behaviour.crashAfterMs);

function finish(closeIdle: () => void): void {
  ending = true;
  server.stopListening();
  closeIdle();
  if (server.sockets.size === 0) process.exit(0);
}

function end(): void {
  switch (behaviour.onSigterm) {
    case "exit":
      process.exit(0);
      break;
    case "ignore":
      break;
    case "hangup":
      server.stopListening();
      for (const socket of server.sockets) socket.resetAndDestroy();
      setTimeout(() => process.exit(0), hangupLingerMs);
      break;
    case "stop":
      finish(() => server.closeIdle());
      break;
    case "drain":
      finish(() => server.sayGoodbye());
      setTimeout(() => server.closeIdle(), drainLingerMs);
      break;
  }
}

process.on("SIGTERM", () => {
  process.stdout.write(`SIGTERM: ${behaviour.onSigterm}\n`);
  end();
});
