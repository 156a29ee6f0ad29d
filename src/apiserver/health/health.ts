/** `/healthz`, `/livez` and `/readyz`: a list of named checks, each also at a path of its own. Upstream: staging/src/k8s.io/apiserver/pkg/server/healthz */
import type { ApiResponse } from "../../machinery/http.ts";
import type { Query } from "../request/query.ts";

export interface HealthCheck {
  readonly name: string;
  /** Undefined when all is well, else what is wrong. */
  problem(): string | undefined | Promise<string | undefined>;
  /** Whether it says something of readiness only, not of health. */
  readonly readyOnly?: boolean;
}

const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", "cache-control": "no-cache, private" };
const encoder = new TextEncoder();

/** Undefined when the path isn't one of health. */
export async function health(path: string, query: Query, checks: readonly HealthCheck[]): Promise<ApiResponse | undefined> {
  const match = /^\/(healthz|livez|readyz)(?:\/([\w-]+))?\/?$/.exec(path);
  if (match === null) return undefined;
  const [, endpoint = "", single] = match;
  const relevant = checks.filter((check) => check.readyOnly !== true || endpoint === "readyz");
  if (single !== undefined) {
    const check = relevant.find(({ name }) => name === single);
    if (check === undefined) return undefined;
    const problem = await check.problem();
    return problem === undefined ? text(200, "ok") : text(500, `internal server error: ${problem}\n`);
  }
  const excluded = new Set(query.all("exclude").flatMap((value) => value.split(",")));
  const lines: string[] = [];
  let healthy = true;
  for (const check of relevant) {
    if (excluded.has(check.name)) lines.push(`[+]${check.name} excluded: ok`);
    else if ((await check.problem()) === undefined) lines.push(`[+]${check.name} ok`);
    else {
      healthy = false;
      lines.push(`[-]${check.name} failed: reason withheld`);
    }
  }
  const summary = `${lines.join("\n")}\n${endpoint} check ${healthy ? "passed" : "failed"}\n`;
  if (!healthy) return text(500, summary);
  return text(200, query.all("verbose").length > 0 ? summary : "ok");
}

function text(status: number, body: string): ApiResponse {
  return { status, headers, body: encoder.encode(body) };
}
