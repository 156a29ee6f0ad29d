import { request } from "node:http";

/** The body of a GET on a connection of its own. */
export function fetchText(
  url: string,
  options: { readonly localAddress?: string; readonly headers?: Record<string, string> } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, ...options }, (response) => {
      let text = "";
      response.on("data", (data: Buffer) => (text += data.toString()));
      response.once("end", () => resolve(text.trim()));
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}
