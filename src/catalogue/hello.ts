/**
 * Stand-in for kelseyhightower/hello: `/` greets, `/version` says which image it is, `/secure` greets who brings a token of auth. The image sets
 * APP_VERSION: that is all that tells 1.0.0 from 2.0.0.
 */
import { sendJson, sendText, runService } from "./service.ts";
import { isValidToken } from "./token.ts";

runService({
  greeting: "Starting server...",
  args: process.argv.slice(2),
  routes: (secret) => ({
    "/": (_request, response) => sendJson(response, { message: "Hello" }),
    "/version": (_request, response) => sendJson(response, { version: process.env["APP_VERSION"] ?? "1.0.0" }),
    "/secure": (request, response) => {
      const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (isValidToken(token, secret, Date.now() / 1000)) sendJson(response, { message: "Hello" });
      else sendText(response, 401, "authorization failed");
    },
  }),
});
