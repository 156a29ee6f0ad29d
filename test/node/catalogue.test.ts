/** The catalogue's programs as they are built: auth and hello together, their switches, and how each ends when told to. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cox-catalogue-"));
const running: Program[] = [];

beforeAll(() => {
  const format = ["--bundle", "--platform=node", "--target=node20", "--format=cjs", "--out-extension:.js=.cjs", "--log-level=warning"];
  const sources = ["auth", "hello", "nginx"].map((name) => `src/catalogue/${name}.ts`);
  execFileSync(join(root, "node_modules/.bin/esbuild"), [...sources, ...format, `--outdir=${folder}`], { cwd: root });
}, 60_000);
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; name: NodeJS.Signals | null }>;
  said(): string;
}

function start(name: string, args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [join(folder, `${name}.cjs`), ...args], { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (data: Buffer) => (text += data.toString()));
  child.stderr.on("data", (data: Buffer) => (text += data.toString()));
  const ended = new Promise<{ code: number | null; name: NodeJS.Signals | null }>((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, name: signal })),
  );
  const program = { child, ended, said: () => text };
  running.push(program);
  return program;
}

/** One address per test: ports can stay the same. */
let addresses = 0;
async function startService(name: string, env: Record<string, string> = {}): Promise<Program & { readonly at: string }> {
  addresses += 1;
  const at = `127.78.0.${addresses}`;
  const program = start(name, ["-http", `${at}:18080`, "-health", `${at}:18081`], env);
  await until(() =>
    get(at, 18081, "/healthz").then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  return { ...program, at };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}
function get(host: string, port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, headers, agent: false }, (response) => {
      let body = "";
      response.on("data", (data: Buffer) => (body += data.toString()));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not true in time: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("hello and auth", () => {
  it("greets, says its version, and greets in private who logged in", async () => {
    const [hello, auth] = await Promise.all([startService("hello", { APP_VERSION: "2.0.0" }), startService("auth")]);
    expect((await get(hello.at, 18080, "/")).body).toBe('{"message":"Hello"}\n');
    expect((await get(hello.at, 18080, "/anything")).body).toBe('{"message":"Hello"}\n');
    expect((await get(hello.at, 18080, "/version")).body).toBe('{"version":"2.0.0"}\n');
    expect(await get(hello.at, 18080, "/secure")).toMatchObject({ status: 401, body: "authorization failed\n" });
    expect((await get(auth.at, 18080, "/login")).status).toBe(401);
    expect((await get(auth.at, 18080, "/login", { authorization: `Basic ${btoa("user:wrong")}` })).status).toBe(401);
    const login = await get(auth.at, 18080, "/login", { authorization: `Basic ${btoa("user:password")}` });
    expect(login.body).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await get(hello.at, 18080, "/secure", { authorization: `Bearer ${login.body}` })).toMatchObject({
      status: 200,
      body: '{"message":"Hello"}\n',
    });
    expect((await get(auth.at, 18080, "/version")).body).toBe('{"version":"1.0.0"}\n');
    expect((await get(auth.at, 18080, "/other")).status).toBe(404);
    expect(hello.said()).toMatch(/"GET \/version HTTP\/1\.1"/);
  });

  it("turns unhealthy and unready on demand, and back", async () => {
    const hello = await startService("hello");
    for (const name of ["healthz", "readiness"]) {
      expect((await get(hello.at, 18081, `/${name}/status`)).status).toBe(200);
      expect((await get(hello.at, 18081, `/${name}`)).status).toBe(503);
      expect((await get(hello.at, 18081, `/${name}/status`)).status).toBe(200);
      expect((await get(hello.at, 18081, `/${name}`)).status).toBe(200);
    }
  });

  it("finishes what is under way when told to end, unready meanwhile", async () => {
    const hello = await startService("hello");
    const slow = connect(18080, hello.at);
    let answer = "";
    slow.on("data", (data) => (answer += String(data)));
    slow.write("GET /version HTTP/1.1\r\nHost: x\r\n");
    await until(() => slow.bytesWritten > 0 && !slow.pending);
    await new Promise((resolve) => setTimeout(resolve, 20));
    hello.child.kill("SIGTERM");
    await until(() => get(hello.at, 18081, "/readiness").then(({ status }) => status === 503));
    await expect(get(hello.at, 18080, "/")).rejects.toThrow("ECONNREFUSED");
    slow.write("Connection: close\r\n\r\n");
    expect(await hello.ended).toEqual({ code: 0, name: null });
    expect(answer).toContain('{"version":"1.0.0"}');
    expect(hello.said()).toContain("Captured terminated. Exiting...");
  });

  it("complains of flags that it doesn't have", async () => {
    const program = start("hello", ["-nope"]);
    expect(await program.ended).toMatchObject({ code: 2 });
    expect(program.said()).toBe("flag provided but not defined: -nope\n");
  });
});

describe("nginx", () => {
  const config = (at: string, text: string): string => {
    const file = join(folder, `${at}.conf`);
    writeFileSync(
      file,
      `daemon off;\npid ${join(folder, `${at}.pid`)};\nevents {}\nhttp { access_log /dev/stdout; error_log /dev/stderr;\n${text}\n}\n`,
    );
    return file;
  };
  const startNginx = async (text: (at: string) => string): Promise<Program & { readonly at: string; readonly file: string }> => {
    addresses += 1;
    const at = `127.78.0.${addresses}`;
    const file = config(at, text(at));
    const program = start("nginx", ["-c", file], { NGINX_VERSION: "1.9.14" });
    await until(() =>
      get(at, 18080, "/").then(
        () => true,
        () => program.child.exitCode !== null,
      ),
    );
    return { ...program, at, file };
  };

  it("ends by its own -s quit after the requests under way, at once by SIGTERM", async () => {
    const hello = await startService("hello");
    const nginx = await startNginx((at) => `server { listen ${at}:18080; location / { proxy_pass http://${hello.at}:18080; } }`);
    const slow = connect(18080, nginx.at);
    let answer = "";
    slow.on("data", (data) => (answer += String(data)));
    slow.write("GET /version HTTP/1.1\r\nHost: x\r\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await start("nginx", ["-c", nginx.file, "-s", "quit"]).ended).toMatchObject({ code: 0 });
    await until(() =>
      get(nginx.at, 18080, "/").then(
        () => false,
        () => true,
      ),
    );
    expect(nginx.child.exitCode).toBeNull();
    slow.write("\r\n");
    expect(await nginx.ended).toEqual({ code: 0, name: null });
    expect(answer).toContain('{"version":"1.0.0"}');
    const second = await startNginx((at) => `server { listen ${at}:18080; return 200 "x"; }`);
    second.child.kill("SIGTERM");
    expect(await second.ended).toEqual({ code: 0, name: null });
  });

  it("reads its configuration anew on SIGHUP, and keeps the old one when the new one is bad", async () => {
    const nginx = await startNginx((at) => `server { listen ${at}:18080; return 200 "old"; }`);
    config(nginx.at, `server { listen ${nginx.at}:18080; return 200 "new"; } server { listen ${nginx.at}:18082; return 200 "more"; }`);
    nginx.child.kill("SIGHUP");
    await until(async () => (await get(nginx.at, 18080, "/")).body === "new");
    expect((await get(nginx.at, 18082, "/")).body).toBe("more");
    config(nginx.at, "server { nonsense; }");
    nginx.child.kill("SIGHUP");
    await until(() => nginx.said().includes("[emerg]"));
    expect(nginx.said()).toContain(`unknown directive "nonsense" in ${nginx.file}:5`);
    expect((await get(nginx.at, 18080, "/")).body).toBe("new");
  });

  it("tests a configuration, and refuses a bad one by file and line", async () => {
    const good = start("nginx", ["-t", "-c", config("good", "server { }")]);
    expect(await good.ended).toMatchObject({ code: 0 });
    expect(good.said()).toMatch(/syntax is ok\n.*test is successful\n$/);
    const file = config("bad", "server {\n  listen 80;\n  bad on;\n}");
    const bad = start("nginx", ["-c", file]);
    expect(await bad.ended).toMatchObject({ code: 1 });
    expect(bad.said()).toContain(`nginx: [emerg] unknown directive "bad" in ${file}:7\n`);
    const twice = await startNginx((at) => `server { listen ${at}:18080; return 200 "x"; }`);
    const taken = start("nginx", ["-c", config("taken", `server { listen ${twice.at}:18080; }`)]);
    expect(await taken.ended).toMatchObject({ code: 1 });
    expect(taken.said()).toContain(`nginx: [emerg] bind() to ${twice.at}:18080 failed (98: Address already in use)`);
  });

  it("knows its command line", async () => {
    const version = start("nginx", ["-v"], { NGINX_VERSION: "1.9.14" });
    await version.ended;
    expect(version.said()).toBe("nginx version: nginx/1.9.14\n");
    const wrong = start("nginx", ["-s", "dance"]);
    expect(await wrong.ended).toMatchObject({ code: 1 });
    expect(wrong.said()).toBe('nginx: invalid option: "-s dance"\n');
    const nobody = start("nginx", ["-s", "quit", "-c", config("nobody", "")]);
    expect(await nobody.ended).toMatchObject({ code: 1 });
    expect(nobody.said()).toContain("failed (2: No such file or directory)");
  });
});
