/**
 * Golden conversations: each .txt holds requests (`> METHOD PATH`, `> header: value`, then a body) and under each the exact answer that a client sees (`< ...`).
 * The cluster's clock, ids and randomness are fixed. `UPDATE=1 npx vitest run --project golden` writes the answers anew; a changed line is
 * explained in the commit.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/api/registry.ts";
import { createApiServer, type ApiServer } from "../../src/apiserver/apiServer.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRng, uidsFrom } from "../../src/base/rng.ts";
import { upstreamVersion } from "../../src/cluster/upstreamVersion.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { virtualClock, type VirtualClock } from "../../src/testing/virtualClock.ts";

const folder = new URL(".", import.meta.url);
const admin = { commonName: "kubernetes-admin", organizations: ["system:masters"] };

interface Exchange {
  /** Comments before it. */
  readonly about: readonly string[];
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly answer: string;
}

function parse(text: string): Exchange[] {
  return text
    .split(/\n(?=(?:#[^\n]*\n)*> [A-Z]+ \/)/)
    .filter((part) => /^> [A-Z]+ \//m.test(part))
    .map((part) => {
      const lines = part.split("\n");
      const sent = lines.filter((line) => line.startsWith("> ")).map((line) => line.slice(2));
      const [method = "", url = ""] = (sent[0] ?? "").split(" ");
      const headers = Object.fromEntries(
        sent.slice(1).flatMap((line) => {
          const [, name, value] = /^([a-z-]+): (.*)$/.exec(line) ?? [];
          return name === undefined || value === undefined ? [] : [[name, value] as const];
        }),
      );
      const body = sent
        .slice(1)
        .filter((line) => !/^[a-z-]+: /.test(line) || method === "GET")
        .join("\n");
      const answer = lines
        .filter((line) => line.startsWith("<"))
        .map((line) => line.slice(2))
        .join("\n");
      return { about: lines.filter((line) => line.startsWith("#")), method, url, headers, body: method === "GET" ? "" : body, answer };
    });
}

async function answerOf(
  { server, clock }: { server: ApiServer; clock: VirtualClock },
  { method, url, headers, body }: Exchange,
): Promise<string> {
  const sent = body === "" ? undefined : new TextEncoder().encode(expanded(body));
  const asked = server.handle(
    { method, url: expanded(url), headers: { "content-type": "application/json", ...headers }, body: sent },
    admin,
  );
  // What waits for a time (a resourceVersion from the future) gets it.
  const [response] = await Promise.all([asked, clock.advance(10_000)]);
  const parts: Uint8Array[] = [];
  if (response.body instanceof Uint8Array) parts.push(response.body);
  else for await (const part of response.body) parts.push(part);
  const warning = response.headers["warning"];
  return [String(response.status), ...(warning === undefined ? [] : [`warning: ${warning}`]), pretty(Buffer.concat(parts).toString())].join(
    "\n",
  );
}

/** `{{a*300}}` stands for 300 letters a. */
function expanded(text: string): string {
  return text.replaceAll(/\{\{(.)\*(\d+)\}\}/g, (_all, letter: string, times: string) => letter.repeat(Number(times)));
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 1).replaceAll(/a{200,}/g, (run) => `{{a*${run.length}}}`);
  } catch {
    return text.trimEnd();
  }
}

function written({ about, method, url, headers, body }: Exchange, answer: string): string {
  const sent = [
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : body.split("\n")),
  ];
  return [...about, ...sent.map((line) => `> ${line}`), ...answer.split("\n").map((line) => `< ${line}`)].join("\n");
}

describe("golden conversations", () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".txt"))) {
    it(file, async () => {
      const path = new URL(file, folder);
      const exchanges = parse(readFileSync(path, "utf8"));
      expect(exchanges.length).toBeGreaterThan(0);
      const clock = virtualClock();
      const rng = seededRng(1);
      const server = createApiServer({
        clock,
        rng,
        uids: uidsFrom(rng),
        log: silentLog,
        store: memoryStore(),
        kinds,
        version: upstreamVersion("linux/amd64"),
      });
      const texts: string[] = [];
      try {
        await server.ready;
        for (const exchange of exchanges) {
          const answer = await answerOf({ server, clock }, exchange);
          const expected = process.env["UPDATE"] === undefined ? exchange.answer : answer;
          expect(answer, `${exchange.method} ${exchange.url}`).toBe(expected);
          texts.push(written(exchange, answer));
        }
      } finally {
        await server[Symbol.asyncDispose]();
      }
      if (process.env["UPDATE"] !== undefined) writeFileSync(path, `${texts.join("\n\n")}\n`);
    });
  }
});
