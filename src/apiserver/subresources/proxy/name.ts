/** What a proxied name means: `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`. Upstream: staging/src/k8s.io/apimachinery/pkg/util/net/port_split.go */
import { badRequest } from "../../../machinery/status.ts";

export interface ProxiedName {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** A number or a name; empty where none is given. */
  readonly port: string;
}

/** Throws 400. `what`: pod, service or node. */
export function proxiedName(what: string, text: string): ProxiedName {
  const [first = "", second = "", third = "", ...more] = text.split(":");
  const parts = text.split(":").length;
  const isSchemed = parts === 3;
  const named = isSchemed ? { scheme: first, name: second, port: third } : { scheme: "", name: first, port: second };
  const wrongScheme = named.scheme !== "" && named.scheme !== "http" && named.scheme !== "https";
  if (more.length > 0 || wrongScheme || named.name === "") throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  return { ...named, scheme: named.scheme === "https" ? "https" : "http" };
}
