/**
 * What auth and hello share: two listeners (the service and its health), the switches that make it unhealthy or unready on demand, access
 * lines, and an orderly end on SIGTERM: unready at once, no new connections, requests under way are finished, then exit 0.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { FlagError, parseAddress, parseFlags } from "./goFlags.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Service {
  /** First line that it logs. */
  readonly greeting: string;
  readonly args: readonly string[];
  /** By exact path; `/` takes what no other does. The flags' `secret` is passed in. */
  readonly routes: (secret: string) => Readonly<Record<string, Handler>>;
}

export function runService(service: Service): void {
  const flags = flagsOrExit(service.args);
  say(service.greeting);
  say(`Health service listening on ${flags.health}`);
  say(`HTTP service listening on ${flags.http}`);
  const health = { healthz: 200, readiness: 200 };
  const routes = service.routes(flags.secret);
  listen(withAccessLog(healthRoutes(health)), flags.health);
  const server = listen(withAccessLog(routes), flags.http);
  const end = (name: string): void => {
    say(`Captured ${name}. Exiting...`);
    health.readiness = 503;
    // Closes idle connections and ends the others after their request.
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  };
  process.once("SIGTERM", () => end("terminated"));
  process.once("SIGINT", () => end("interrupt"));
}

function flagsOrExit(args: readonly string[]): { http: string; health: string; secret: string } {
  try {
    return parseFlags(args, { http: "0.0.0.0:80", health: "0.0.0.0:81", secret: "secret" });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

function healthRoutes(state: { healthz: number; readiness: number }): Readonly<Record<string, Handler>> {
  const show =
    (name: keyof typeof state): Handler =>
    (_request, response) =>
      void response.writeHead(state[name]).end();
  const toggle =
    (name: keyof typeof state): Handler =>
    (_request, response) => {
      state[name] = state[name] === 200 ? 503 : 200;
      response.writeHead(200).end();
    };
  return {
    "/healthz": show("healthz"),
    "/readiness": show("readiness"),
    "/healthz/status": toggle("healthz"),
    "/readiness/status": toggle("readiness"),
  };
}

function withAccessLog(routes: Readonly<Record<string, Handler>>): Handler {
  return (request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const { remoteAddress, remotePort } = request.socket;
    const agent = request.headers["user-agent"] ?? "";
    const line = `"${request.method} ${path} HTTP/${request.httpVersion}" ${agent}`;
    process.stdout.write(`${remoteAddress}:${remotePort} - - [${new Date().toISOString()}] ${line}\n`);
    const route = Object.hasOwn(routes, path) ? routes[path] : routes["/"];
    if (route === undefined) sendText(response, 404, "404 page not found");
    else route(request, response);
  };
}

function listen(handler: Handler, address: string): Server {
  const { host, port } = parseAddress(address);
  const server = createServer(handler);
  server.once("error", (error) => {
    say(error.message);
    process.exit(1);
  });
  return server.listen({ host, port, backlog: 1024 });
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${JSON.stringify(value)}\n`);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" }).end(`${text}\n`);
}

function say(text: string): void {
  const now = new Date().toISOString();
  process.stderr.write(`${now.slice(0, 10).replaceAll("-", "/")} ${now.slice(11, 19)} ${text}\n`);
}
