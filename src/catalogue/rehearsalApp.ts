/**
 * The program of coxswain/rehearsal-app: a web service that misbehaves in a chosen way when it starts, serves and ends, to show what a release then
 * costs. The environment says how, see rehearsal/ports/appBehaviour.ts. Listens on PORT (default 80); the image sets APP_VERSION.
 */
import { createServer, type ServerResponse } from "node:http";
import { Server, type Socket } from "node:net";
import { hostname } from "node:os";
import { type AppBehaviour, behaviourFrom, drainLingerMs, hangupLingerMs } from "../rehearsal/ports/appBehaviour.ts";

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
const waiting: ServerResponse[] = [];
let working = 0;
let draining = false;

function work(response: ServerResponse): void {
  working += 1;
  setTimeout(() => {
    working -= 1;
    const next = waiting.shift();
    if (next !== undefined) work(next);
    if (draining) response.shouldKeepAlive = false;
    response.writeHead(behaviour.status, { "content-type": "application/json", "x-pod": hostname() });
    response.end(`${JSON.stringify({ version, pod: hostname() })}\n`);
  }, behaviour.answerAfterMs);
}

const sockets = new Set<Socket>();
const server = createServer((_request, response) => {
  if (behaviour.concurrency > 0 && working >= behaviour.concurrency) waiting.push(response);
  else work(response);
});
server.keepAliveTimeout = 60_000;
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.once("close", () => {
    sockets.delete(socket);
    if (draining && sockets.size === 0) process.exit(0);
  });
});
server.once("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
setTimeout(
  () => server.listen({ host: "0.0.0.0", port, backlog }, () => process.stdout.write(`version ${version} listens on ${port}\n`)),
  behaviour.listenAfterMs,
);
if (behaviour.crashAfterMs > 0) setTimeout(() => process.exit(1), behaviour.crashAfterMs);

/** Closes the listener alone; http's own close would end idle connections too. */
function stopListening(): void {
  Server.prototype.close.call(server);
}

function end(): void {
  switch (behaviour.onSigterm) {
    case "exit":
      process.exit(0);
      break;
    case "ignore":
      break;
    case "hangup":
      stopListening();
      for (const socket of sockets) socket.resetAndDestroy();
      setTimeout(() => process.exit(0), hangupLingerMs);
      break;
    case "stop":
      server.close(() => process.exit(0));
      break;
    case "drain":
      draining = true;
      stopListening();
      if (sockets.size === 0) process.exit(0);
      setTimeout(() => server.close(() => process.exit(0)), drainLingerMs);
      break;
  }
}

process.on("SIGTERM", () => {
  process.stdout.write(`SIGTERM: ${behaviour.onSigterm}\n`);
  end();
});
