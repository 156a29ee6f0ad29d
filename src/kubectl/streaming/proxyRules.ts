/** Which requests `proxy` lets through, and what becomes of their paths. Upstream: kubectl/pkg/proxy/proxy_server.go */
import { KubectlError } from "../errors.ts";

export interface ProxyFilter {
  readonly acceptPaths: readonly RegExp[];
  readonly rejectPaths: readonly RegExp[];
  readonly acceptHosts: readonly RegExp[];
  readonly rejectMethods: readonly RegExp[];
}

/** Regular expressions apart by commas; Go's and ours agree on those that people write here. */
export function expressions(text: string): RegExp[] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    try {
      return new RegExp(part, "u");
    } catch {
      throw new KubectlError(`Error compiling re: error parsing regexp: ${part}`);
    }
  });
}

export function isAccepted(
  filter: ProxyFilter,
  { method, path, host }: { readonly method: string; readonly path: string; readonly host: string },
): boolean {
  if (matches(filter.rejectPaths, path) || matches(filter.rejectMethods, method)) return false;
  return matches(filter.acceptPaths, path) && matches(filter.acceptHosts, withoutPort(host));
}

/** `[::1]:8001` is `::1`; a bare `[::1]` stays as it is, as Go has it. */
function withoutPort(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*)):\d*$/.exec(host) ?? [];
  return bracketed ?? plain ?? host;
}

export interface Prefixes {
  /** Each ends in a slash. */
  readonly api: string;
  readonly files: string | undefined;
}

export type Meant =
  | { readonly form: "api"; readonly path: string }
  | { readonly form: "file"; readonly path: string }
  | { readonly form: "nothing" };

/** The longer of two fitting prefixes wins. A prefix that isn't the API's own is taken off. */
export function meantBy(path: string, { api, files }: Prefixes): Meant {
  if (files !== undefined && path.startsWith(files) && !(path.startsWith(api) && api.length > files.length))
    return { form: "file", path: path.slice(files.length) };
  if (!path.startsWith(api)) return { form: "nothing" };
  if (api.startsWith("/api")) return { form: "api", path };
  return { form: "api", path: `/${path.slice(api.length)}` };
}

export function withSlash(prefix: string): string {
  return prefix.endsWith("/") ? prefix : `${prefix}/`;
}

function matches(list: readonly RegExp[], value: string): boolean {
  return list.some((one) => one.test(value));
}
