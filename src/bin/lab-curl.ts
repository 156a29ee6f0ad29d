/**
 * What the lab needs of curl, for machines without it and for users who may not bind port 443: URL, -k, -s, -u USER:PASSWORD, -H HEADER.
 * Follows a Service to the port that it got. Loopback addresses only.
 */
import * as http from "node:http";
import * as https from "node:https";
import { parseArgs } from "node:util";
import { reachableUrl } from "../cli/movedPorts.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    insecure: { type: "boolean", short: "k" },
    silent: { type: "boolean", short: "s" },
    user: { type: "string", short: "u" },
    header: { type: "string", short: "H", multiple: true },
  },
});
const asked = new URL(positionals[0] ?? "");
if (!/^(127\.|localhost$)/.test(asked.hostname)) throw new Error(`${asked.hostname} is not on this machine`);
const url = reachableUrl(asked, process.env);
const headers = Object.fromEntries(
  (values.header ?? []).map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
);
const options = { headers, rejectUnauthorized: values.insecure !== true, ...(values.user === undefined ? {} : { auth: values.user }) };
const request = (url.protocol === "https:" ? https : http).get(url, options, (response) => {
  response.pipe(process.stdout);
});
request.on("error", (error) => {
  process.stderr.write(`curl: ${error.message}\n`);
  process.exitCode = 7;
});
