import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { createServer as createTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { buildConfig } from "./buildConfig.ts";
import { parseConfig } from "./configTree.ts";
import { Listeners } from "./listeners.ts";
import { load } from "./load.ts";
import { locationFor, serverFor } from "./locate.ts";
import { Peers } from "./peers.ts";
import type { NginxConfig } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "cox-nginx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const build = (text: string): NginxConfig => buildConfig(parseConfig(`events {}\nhttp {\n${text}\n}`, "/etc/nginx/x.conf"));

describe("what is refused, with file and line", () => {
  it.each([
    ["server { foo bar; }", 'unknown directive "foo" in /etc/nginx/x.conf:3'],
    ["\n\nserver {\n  listen 80\n}", 'unexpected "}" in /etc/nginx/x.conf:7'],
    [
      "server { location / { if ($x) { return 200; } } }",
      'directive "if" is not supported by this stand-in of nginx in /etc/nginx/x.conf:3',
    ],
    ["upstream a { }", "no servers are inside upstream in /etc/nginx/x.conf:3"],
    ["upstream a { server b c; }", 'invalid parameter "c" in /etc/nginx/x.conf:3'],
    ["upstream a { server b; }\nupstream a { server b; }", 'duplicate upstream "a" in /etc/nginx/x.conf:4'],
    ["proxy_pass http://x;", '"proxy_pass" directive is not allowed here in /etc/nginx/x.conf:3'],
    ["server { listen 80 sssl; }", 'invalid parameter "sssl" in /etc/nginx/x.conf:3'],
    ["server { listen 99999; }", 'invalid port in "99999" of the "listen" directive in /etc/nginx/x.conf:3'],
    ["server { location { } }", 'invalid number of arguments in "location" directive in /etc/nginx/x.conf:3'],
    ["server { location / { proxy_pass hello; } }", "invalid URL prefix in /etc/nginx/x.conf:3"],
    ["server { listen 443 ssl; }", 'no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/nginx/x.conf:3'],
    [
      "server { location ~ ( { } }",
      'pcre_compile() failed: Invalid regular expression: /(/: Unterminated group in "(" in /etc/nginx/x.conf:3',
    ],
    ["server { return abc; }", 'invalid return code "abc" in /etc/nginx/x.conf:3'],
    ["access_log /x nope;", 'unknown log format "nope" in /etc/nginx/x.conf:3'],
    ["server { location ~ x { proxy_pass http://a/b; } }", /"proxy_pass" cannot have URI part in location given by regular expression/],
    ["server {", 'unexpected end of file, expecting "}" in /etc/nginx/x.conf:4'],
    ["server { root 'x; }", 'unexpected end of file, expecting ";" or "}" in /etc/nginx/x.conf:3'],
    ["autoindex yes;", 'invalid value "yes" in "autoindex" directive, it must be "on" or "off" in /etc/nginx/x.conf:3'],
  ])("%s", (text, message) => {
    expect(() => build(text)).toThrow(message);
  });

  it("asks for an events section", () => {
    expect(() => buildConfig(parseConfig("http {}", "x"))).toThrow('no "events" section in configuration');
  });

  it("finds unknown variables and hosts before anything starts", async () => {
    const file = join(folder, "bad.conf");
    const tryLoad = (text: string): Promise<unknown> => {
      writeFileSync(file, `events {}\nhttp {\n${text}\n}`);
      return load({ file, global: "", version: "1" });
    };
    await expect(tryLoad("server { location / { return 200 $nope; } }")).rejects.toThrow(`unknown "nope" variable in ${file}:3`);
    await expect(tryLoad("upstream a { server no.such.invalid; }")).rejects.toThrow(
      `host not found in upstream "no.such.invalid" in ${file}:3`,
    );
    await expect(tryLoad("server { listen 1 ssl; ssl_certificate /no; ssl_certificate_key /no; }")).rejects.toThrow(
      'cannot load certificate "/no"',
    );
    await expect(load({ file: "/no.conf", global: "", version: "1" })).rejects.toThrow(
      'open() "/no.conf" failed (2: No such file or directory)',
    );
  });
});

describe("the language", () => {
  it("reads quotes, escapes, comments and variables in braces", () => {
    const text = ["a 'x y' ", '"q\\"t\\n" ', "b\\;c ", "$", "{v}z # comment ; }\n;"].join("");
    const [directive] = parseConfig(text, "f");
    expect(directive?.args).toEqual(["x y", 'q"t\n', "b\\;c", ["$", "{v}z"].join("")]);
  });

  it("includes files by pattern, in order, relative to the main file", () => {
    mkdirSync(join(folder, "conf.d"), { recursive: true });
    writeFileSync(join(folder, "conf.d/b.conf"), "two 2;");
    writeFileSync(join(folder, "conf.d/a.conf"), "one 1;\nbroken");
    expect(() => parseConfig("include conf.d/*.conf;", join(folder, "main.conf"))).toThrow(
      `unexpected end of file, expecting ";" or "}" in ${join(folder, "conf.d/a.conf")}:2`,
    );
    writeFileSync(join(folder, "conf.d/a.conf"), "one 1;");
    const names = parseConfig("include conf.d/*.conf; include none/*.conf;", join(folder, "main.conf")).map(({ name }) => name);
    expect(names).toEqual(["one", "two"]);
    expect(() => parseConfig("\ninclude none.conf;", join(folder, "main.conf"))).toThrow(
      /none.conf" failed \(2: No such file or directory\) in .*:2/,
    );
  });
});

describe("choosing", () => {
  it.each([
    ["/", "/"],
    ["/exact", "= /exact"],
    ["/exact/", "/"],
    ["/images/a.png", "^~ /images/"],
    ["/doc/a.png", "~ png"],
    ["/doc/A.PNG", "/doc/"],
    ["/x.JPG", "~* jpg"],
  ])("%s goes to %s", (path, name) => {
    const locations = ["/", "= /exact", "^~ /images/", "/doc/", "~ \\.png$", "~* \\.jpg$"];
    const { servers } = build(`server { ${locations.map((each) => `location ${each} { return 200 '${each}'; }`).join("\n")} }`);
    const found = locationFor(servers[0]?.locations ?? [], path);
    const text = found?.answer.kind === "return" ? found.answer.text : "";
    expect(text.replaceAll(/[\\.$]/g, "")).toBe(name);
  });

  it.each([
    ["a.example.org", "exact"],
    ["A.example.org", "exact"],
    ["b.example.org", "leading"],
    ["www.anything", "trailing"],
    ["x42.test", "regex"],
    ["dot.test", "dot"],
    ["sub.dot.test", "dot"],
    ["unknown", "default"],
  ])("host %s goes to the %s server", (host, expected) => {
    const names = {
      leading: "*.example.org",
      exact: "a.example.org",
      trailing: "www.*",
      regex: "~^x\\d+\\.test$",
      dot: ".dot.test",
      default: "_",
    };
    const { servers } = build(
      Object.entries(names)
        .map(([id, name]) => `server { server_name ${name}; root ${id}; }`)
        .join("\n"),
    );
    const fallback = servers.at(-1);
    if (fallback === undefined) throw new Error("no servers");
    expect(serverFor(servers, host, fallback).settings.root).toBe(expected);
  });
});

function peersOf(text: string): Peers {
  const [upstream] = build(`upstream u { ${text} }`).upstreams;
  if (upstream === undefined) throw new Error("no upstream");
  return new Peers(upstream, new Map(upstream.servers.map((server) => [server, [server.host]])));
}

function turns(peers: Peers, count: number, nowMs = 0): string {
  return Array.from({ length: count }, () => peers.pick("10.0.0.1", nowMs, new Set())?.address ?? "-").join("");
}

describe("upstream servers", () => {
  it("takes smooth weighted turns", () => {
    expect(turns(peersOf("server a weight=5; server b; server c;"), 7)).toBe("aabacaa");
  });

  it("leaves out servers that are down, keeps backups for need, and rests failing ones", () => {
    const peers = peersOf("server a; server b backup; server c down;");
    expect(turns(peers, 3)).toBe("aaa");
    const a = peers.pick("", 0, new Set());
    if (a !== undefined) peers.failed(a, 1000);
    expect(turns(peers, 2, 1001)).toBe("bb");
    expect(turns(peers, 1, 11_001)).toBe("a");
  });

  it("always asks a single server, and knows the least busy one", () => {
    const single = peersOf("server a;");
    const a = single.pick("", 0, new Set());
    if (a !== undefined) single.failed(a, 0);
    expect(turns(single, 1, 1)).toBe("a");
    const busy = peersOf("least_conn; server a; server b;");
    const first = busy.pick("", 0, new Set());
    if (first !== undefined) first.active = 3;
    expect(turns(busy, 3)).toBe(first?.address === "a" ? "bbb" : "aaa");
  });

  it("keeps a client's network on one server with ip_hash", () => {
    const peers = peersOf("ip_hash; server a; server b; server c;");
    const of = (address: string): string | undefined => peers.pick(address, 0, new Set())?.address;
    expect(of("10.1.2.3")).toBe(of("10.1.2.99"));
    expect(new Set(Array.from({ length: 40 }, (_, i) => of(`10.1.${i}.1`))).size).toBe(3);
  });
});

describe("serving", () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  /** Serves `text` in an http block with `PORT` and `BACKEND` replaced; gives a function that asks it. */
  async function serve(
    text: string,
    onBackend: http.RequestListener = (request, response) => response.end(`${request.method} ${request.url}`),
  ) {
    const backend = http.createServer(onBackend);
    const [port, backendPort] = await Promise.all([freePort(), listen(backend)]);
    const file = join(folder, "serve.conf");
    const log = `access_log ${join(folder, "access.log")}; error_log ${join(folder, "error.log")};`;
    writeFileSync(
      file,
      `events {}\nhttp {\n${log}\n${text.replaceAll("PORT", `127.0.0.1:${port}`).replaceAll("BACKEND", `127.0.0.1:${backendPort}`)}\n}`,
    );
    const loaded = await load({ file, global: "", version: "1.9.14" });
    const listeners = new Listeners((site, request, response) => loaded.engine.handle(site, request, response));
    await listeners.use(loaded.sites);
    closing.push(
      () => void listeners.drain(),
      () => loaded.engine.close(),
      () => backend.close().closeAllConnections(),
    );
    return { ask: (path: string, options: http.RequestOptions & { body?: string } = {}) => ask(port, path, options), backend, loaded };
  }

  it("proxies as nginx does by default: host of the upstream, no hop-by-hop headers, a connection each", async () => {
    const seen: http.IncomingMessage[] = [];
    const text =
      "upstream hello { server BACKEND; }\nserver { listen PORT; location / { proxy_pass http://hello; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } }";
    const { ask: get } = await serve(text, (request, response) => {
      seen.push(request);
      response.setHeader("Server", "backend");
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      request.pipe(response);
    });
    const answer = await get("/path?q=1", {
      method: "POST",
      headers: { "x-forwarded-for": "1.2.3.4", "x-own": "y", te: "trailers" },
      body: "data",
    });
    expect(answer).toMatchObject({ status: 200, body: "data" });
    expect(answer.headers).toMatchObject({ server: "nginx/1.9.14", "set-cookie": ["a=1", "b=2"] });
    expect(seen[0]?.url).toBe("/path?q=1");
    expect(seen[0]?.headers).toMatchObject({ host: "hello", connection: "close", "x-forwarded-for": "1.2.3.4, 127.0.0.1", "x-own": "y" });
    expect(seen[0]?.headers["te"]).toBeUndefined();
  });

  it("replaces the location's prefix when proxy_pass has a path", async () => {
    const { ask: get } = await serve(
      "server { listen PORT; location /api/ { proxy_pass http://BACKEND/v1/; } location = /one { proxy_pass http://BACKEND/two; } }",
    );
    expect((await get("/api/things?x=1")).body).toBe("GET /v1/things?x=1");
    expect((await get("/one")).body).toBe("GET /two");
    expect((await get("/other")).status).toBe(404);
  });

  it("keeps upstream connections alive only when asked to", async () => {
    const ports = new Set<number | undefined>();
    const count: http.RequestListener = (request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    };
    const location = 'location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; }';
    const kept = await serve(`upstream u { server BACKEND; keepalive 4; } server { listen PORT; ${location} }`, count);
    for (let i = 0; i < 5; i += 1) await kept.ask("/");
    expect(ports.size).toBe(1);
    ports.clear();
    const fresh = await serve("upstream u { server BACKEND; } server { listen PORT; location / { proxy_pass http://u; } }", count);
    for (let i = 0; i < 5; i += 1) await fresh.ask("/");
    expect(ports.size).toBe(5);
  });

  it("tries the next server when one can't be reached, answers 502 and 504 when none helps", async () => {
    const dead = await freePort();
    const { ask: get } = await serve(
      `upstream u { server 127.0.0.1:${dead} max_fails=0; server BACKEND max_fails=0; }
       server { listen PORT;
         location / { proxy_pass http://u; }
         location /dead { proxy_pass http://127.0.0.1:${dead}; }
         location /slow { proxy_pass http://BACKEND; proxy_read_timeout 60ms; } }`,
      (request, response) => void (request.url === "/slow" ? undefined : response.end("ok")),
    );
    for (let i = 0; i < 4; i += 1) expect((await get("/")).body).toBe("ok");
    const failed = await get("/dead");
    expect(failed.status).toBe(502);
    expect(failed.body).toContain("<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.9.14</center>");
    expect((await get("/slow")).status).toBe(504);
  });

  it("returns texts and redirects, with variables", async () => {
    const { ask: get } = await serve(`server { listen PORT; server_name here;
      location = /text { default_type text/plain; add_header X-A "$request_method"; add_header set-cookie a=1; add_header Set-Cookie b=2; return 201 "hi $arg_name $host\\n"; }
      location = /go { return 301 https://$host$request_uri; }
      location = /away { return 302 /there; }
      location / { return 444; } }`);
    expect(await get("/text?name=x", { headers: { host: "Here:80" } })).toMatchObject({
      status: 201,
      body: "hi x here\n",
      headers: { "x-a": "GET", "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] },
    });
    expect(await get("/go?a=b", { headers: { host: "example.org:8080" } })).toMatchObject({
      status: 301,
      headers: { location: "https://example.org/go?a=b" },
    });
    expect(await get("/away")).toMatchObject({ status: 302, headers: { location: "/there" } });
    await expect(get("/drop")).rejects.toThrow("socket hang up");
  });

  it("serves files, folders by their index, error pages, and nothing outside its root", async () => {
    const root = join(folder, "www");
    mkdirSync(join(root, "sub"), { recursive: true });
    writeFileSync(join(folder, "secret"), "secret");
    writeFileSync(join(root, "index.html"), "home");
    writeFileSync(join(root, "a.json"), "{}");
    writeFileSync(join(root, "404.html"), "nothing here");
    const { ask: get } = await serve(`types { text/html html; application/json json; }
      server { listen PORT; root ${root}; error_page 404 /404.html;
        location /files/ { alias ${root}/; }
        location /spa/ { try_files $uri /index.html; }
        location /none/ { try_files $uri =410; } }`);
    expect(await get("/")).toMatchObject({ status: 200, body: "home", headers: { "content-type": "text/html" } });
    const json = await get("/a.json");
    expect(json).toMatchObject({ body: "{}", headers: { "content-type": "application/json", "accept-ranges": "bytes" } });
    expect((await get("/a.json", { headers: { "if-none-match": String(json.headers.etag) } })).status).toBe(304);
    expect(await get("/a.json", { method: "HEAD" })).toMatchObject({ status: 200, body: "", headers: { "content-length": "2" } });
    expect(await get("/files/a.json")).toMatchObject({ body: "{}" });
    expect(await get("/spa/deep/link")).toMatchObject({ status: 200, body: "home" });
    expect((await get("/none/x")).status).toBe(410);
    expect(await get("/missing")).toMatchObject({ status: 404, body: "nothing here" });
    expect(await get("/sub")).toMatchObject({ status: 301, headers: { location: "/sub/" } });
    expect((await get("/sub/")).status).toBe(403);
    expect((await get("/a.json", { method: "POST" })).status).toBe(405);
    for (const path of ["/../secret", "/%2e%2e/secret", "/sub/..%2f..%2fsecret", "/%zz"])
      expect((await get(path)).body).not.toContain("secret");
  });

  it("refuses bodies that are too large", async () => {
    const { ask: get } = await serve("server { listen PORT; client_max_body_size 10; location / { proxy_pass http://BACKEND; } }");
    expect((await get("/", { method: "POST", body: "x".repeat(11) })).status).toBe(413);
    expect((await get("/", { method: "POST", body: "x".repeat(10) })).status).toBe(200);
  });

  it("ends TLS, with the certificate of the name that the client says", async () => {
    const port = await freePort();
    const site = (name: string): string =>
      `server { listen 127.0.0.1:${port} ssl; ${certificateFor(name)} location / { return 200 "${name} $scheme"; } }`;
    await serve(`${site("one.test")}\n${site("two.test")}`);
    const secure = (servername: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const outgoing = https.get(
          { host: "127.0.0.1", port, servername, rejectUnauthorized: false, agent: false, headers: { host: servername } },
          (response) => {
            const name = (response.socket as import("node:tls").TLSSocket).getPeerCertificate().subject.CN;
            response.on("data", (data: Buffer) => resolve(`${String(name)}: ${data.toString()}`));
          },
        );
        outgoing.once("error", reject);
      });
    expect(await secure("one.test")).toBe("one.test: one.test https");
    expect(await secure("two.test")).toBe("two.test: two.test https");
  });

  it("writes access and error logs in nginx's forms", async () => {
    const { ask: get, loaded } = await serve("server { listen PORT; server_name web; location / { proxy_pass http://127.0.0.1:1; } }");
    await get("/x", { headers: { "user-agent": "test", referer: "r" } });
    await new Promise((resolve) => setTimeout(resolve, 30));
    loaded.engine.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(readFileSync(join(folder, "access.log"), "utf8").trim().split("\n").at(-1)).toMatch(
      /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/x HTTP\/1\.1" 502 173 "r" "test"$/,
    );
    expect(readFileSync(join(folder, "error.log"), "utf8")).toMatch(
      /\[error\] \d+#\d+: \*1 connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 127\.0\.0\.1, server: web, request: "GET \/x HTTP\/1\.1", upstream: "http:\/\/127\.0\.0\.1:1\/x"/,
    );
  });
});

function certificateFor(name: string): string {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const args = ["req", "-x509", ...curve, "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", `/CN=${name}`];
  execFileSync("openssl", args, { stdio: "ignore" });
  return `server_name ${name}; ssl_certificate ${cert}; ssl_certificate_key ${key};`;
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

function ask(port: number, path: string, { body, ...options }: http.RequestOptions & { body?: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ host: "127.0.0.1", port, path, agent: false, ...options }, (response) => {
      let text = "";
      response.on("data", (data: Buffer) => (text += data.toString()));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.once("error", reject);
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

async function listen(server: http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

async function freePort(): Promise<number> {
  const server = createTcp();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
