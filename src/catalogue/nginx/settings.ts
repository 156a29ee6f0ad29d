/** What a configuration means: servers, locations, upstreams, as plain data. Directives that only tune the real program are read and ignored. */
import type { Place } from "./configTree.ts";

/** What http, server and location share; an inner one that sets something replaces the outer's, as nginx inherits. */
export interface Settings {
  readonly root: string;
  readonly index: readonly string[];
  readonly defaultType: string;
  /** By extension. */
  readonly types: ReadonlyMap<string, string>;
  readonly headers: readonly Header[];
  readonly proxyHeaders: readonly Header[];
  readonly proxyHttpVersion: "1.0" | "1.1";
  readonly proxyConnectTimeoutMs: number;
  readonly proxyReadTimeoutMs: number;
  /** What makes it try the next server: `error`, `timeout`, `http_502`, ...; empty for `off`. */
  readonly proxyNextUpstream: readonly string[];
  readonly maxBodyBytes: number;
  readonly keepaliveTimeoutMs: number;
  /** Pages by status. */
  readonly errorPages: ReadonlyMap<number, string>;
  readonly accessLog: AccessLog | undefined;
  readonly errorLog: string;
  readonly autoindex: boolean;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}
export interface AccessLog {
  readonly path: string;
  /** With variables. */
  readonly format: string;
}

export type Answer =
  | { readonly kind: "files"; readonly alias: string | undefined; readonly tryFiles: readonly string[] }
  | { readonly kind: "proxy"; readonly target: ProxyTarget }
  | { readonly kind: "return"; readonly status: number; readonly text: string }
  | { readonly kind: "status" };

export interface ProxyTarget {
  readonly scheme: "http" | "https";
  /** As written: what `$proxy_host` gives. */
  readonly host: string;
  readonly upstream: Upstream;
  /** Replaces the location's prefix in the request's path; undefined: the path goes on as it came. */
  readonly uri: string | undefined;
}

export interface Location extends Place {
  readonly match: "exact" | "prefix" | "prefixFirst" | "regex" | "named";
  readonly path: string;
  readonly pattern: RegExp | undefined;
  readonly settings: Settings;
  readonly answer: Answer;
  /** `internal` ones and named ones aren't for clients. */
  readonly internal: boolean;
}

export interface Listen extends Place {
  readonly address: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly isDefault: boolean;
}

export interface VirtualServer extends Place {
  readonly listens: readonly Listen[];
  readonly names: readonly string[];
  readonly certificate: string;
  readonly certificateKey: string;
  readonly locations: readonly Location[];
  readonly settings: Settings;
  /** A `return` outside of all locations. */
  readonly answer: Answer | undefined;
}

export interface UpstreamServer extends Place {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly maxFails: number;
  readonly failTimeoutMs: number;
  readonly backup: boolean;
  readonly down: boolean;
}

export interface Upstream extends Place {
  readonly name: string;
  readonly servers: readonly UpstreamServer[];
  readonly method: "roundRobin" | "leastConn" | "ipHash";
  /** Idle connections kept; 0: none. */
  readonly keepalive: number;
}

export interface NginxConfig {
  readonly servers: readonly VirtualServer[];
  readonly upstreams: readonly Upstream[];
  readonly pidFile: string;
  readonly daemon: boolean;
  readonly errorLog: string;
}

export const combinedFormat =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

export const defaultSettings: Settings = {
  root: "/etc/nginx/html",
  index: ["index.html"],
  defaultType: "text/plain",
  types: new Map([
    ["html", "text/html"],
    ["gif", "image/gif"],
    ["jpg", "image/jpeg"],
  ]),
  headers: [],
  proxyHeaders: [],
  proxyHttpVersion: "1.0",
  proxyConnectTimeoutMs: 60_000,
  proxyReadTimeoutMs: 60_000,
  proxyNextUpstream: ["error", "timeout"],
  maxBodyBytes: 1024 * 1024,
  keepaliveTimeoutMs: 75_000,
  errorPages: new Map(),
  accessLog: { path: "/var/log/nginx/access.log", format: combinedFormat },
  errorLog: "/var/log/nginx/error.log",
  autoindex: false,
};
