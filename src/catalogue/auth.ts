/** Stand-in for kelseyhightower/auth: `/login` gives a token for the one user (`user`, `password`) who comes with basic authentication. */
import { runService, sendJson, sendText } from "./service.ts";
import { signToken } from "./token.ts";

const lifetimeSeconds = 72 * 3600;

runService({
  greeting: "Starting Auth service...",
  args: process.argv.slice(2),
  routes: (secret) => ({
    "/login": (request, response) => {
      const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (Buffer.from(basic, "base64").toString() !== "user:password") return sendText(response, 401, "authorization failed");
      const now = Math.floor(Date.now() / 1000);
      response.setHeader("Content-Type", "text/plain; charset=utf-8");
      response.end(
        signToken({ iss: "auth.service", sub: "user", email: "user@example.com", iat: now, exp: now + lifetimeSeconds }, secret),
      );
    },
    "/version": (_request, response) => sendJson(response, { version: process.env["APP_VERSION"] ?? "1.0.0" }),
    "/": (_request, response) => sendText(response, 404, "404 page not found"),
  }),
});
