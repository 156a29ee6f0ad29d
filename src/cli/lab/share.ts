/** Which version answers how often: requests on new connections, counted by the version that the answer names. */
import * as http from "node:http";
import * as https from "node:https";

export interface ShareRequest {
  readonly url: URL;
  readonly requests: number;
  /** Requests under way at the same time. */
  readonly concurrency: number;
  /** The client's own address, out of 127.0.0.0/8. */
  readonly localAddress?: string | undefined;
}

/** Version (or `failed: reason`) to the number of answers. */
export type Shares = ReadonlyMap<string, number>;

const timeoutMs = 5000;

export async function measureShares(request: ShareRequest, onAnswer: (version: string) => void = () => undefined): Promise<Shares> {
  const counts = new Map<string, number>();
  let started = 0;
  const worker = async (): Promise<void> => {
    while (started < request.requests) {
      started += 1;
      const version = await askVersion(request).catch((error: NodeJS.ErrnoException) => `failed: ${error.code ?? error.message}`);
      counts.set(version, (counts.get(version) ?? 0) + 1);
      onAnswer(version);
    }
  };
  await Promise.all(Array.from({ length: Math.min(request.concurrency, request.requests) }, worker));
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The version that one request is answered with; rejects when it isn't answered well. */
export function askVersion({ url, localAddress }: Pick<ShareRequest, "url" | "localAddress">): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent: false as const, timeout: timeoutMs, ...(localAddress === undefined ? {} : { localAddress }) };
    const done = (response: http.IncomingMessage): void => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve(response.statusCode === 200 ? versionIn(Buffer.concat(parts).toString()) : `failed: status ${response.statusCode}`),
      );
    };
    const outgoing =
      url.protocol === "https:" ? https.get(url, { ...options, rejectUnauthorized: false }, done) : http.get(url, options, done);
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.on("error", reject);
  });
}

/** `{"version":"1.0.0"}` or the bare text. */
function versionIn(body: string): string {
  try {
    const parsed = JSON.parse(body) as { version?: unknown };
    if (typeof parsed.version === "string") return parsed.version;
  } catch {
    // Not JSON: the text itself is the answer.
  }
  return body.trim().slice(0, 40);
}

const barWidth = 40;

export function drawShares(shares: Shares): string {
  const total = [...shares.values()].reduce((sum, count) => sum + count, 0);
  const width = Math.max(0, ...[...shares.keys()].map((name) => name.length));
  return [...shares]
    .map(([name, count]) => {
      const bar = "█".repeat(Math.max(1, Math.round((count / total) * barWidth))).padEnd(barWidth);
      return `  ${name.padEnd(width)}  ${bar}  ${((count / total) * 100).toFixed(0).padStart(3)} %  (${count})\n`;
    })
    .join("");
}
