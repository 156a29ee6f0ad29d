/**
 * Stand-in for nginx in the images' catalogue: the subset that front ends in a cluster use (upstreams, servers, locations, proxy_pass, TLS, files), read from
 * nginx's own configuration files; anything else is refused by file and line. Same command line, signals, logs and pages.
 */
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { ConfigError, systemText } from "./nginx/configTree.ts";
import { Listeners } from "./nginx/listeners.ts";
import { type Loaded, load, loadTree } from "./nginx/load.ts";
import { errorLine, type Level } from "./nginx/logs.ts";

const version = process.env["NGINX_VERSION"] ?? "1.27.0";

interface Arguments {
  file: string;
  global: string;
  test: boolean;
  dump: boolean;
  quiet: boolean;
  signal: string;
}

const signals: Readonly<Record<string, NodeJS.Signals>> = { stop: "SIGTERM", quit: "SIGQUIT", reload: "SIGHUP", reopen: "SIGUSR1" };

function parseArguments(args: readonly string[]): Arguments {
  const parsed: Arguments = { file: "/etc/nginx/nginx.conf", global: "", test: false, dump: false, quiet: false, signal: "" };
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? "";
    const value = (): string => {
      const inline = arg.slice(2);
      if (inline !== "") return inline;
      i += 1;
      return args[i] ?? exit(`option "${arg}" requires parameter`);
    };
    const flag = arg.slice(0, 2);
    if (flag === "-c") parsed.file = value();
    else if (flag === "-g") parsed.global = value();
    else if (flag === "-s") parsed.signal = value();
    else if (flag === "-p" || flag === "-e") value();
    else if (arg === "-t") parsed.test = true;
    else if (arg === "-T") parsed.test = parsed.dump = true;
    else if (arg === "-q") parsed.quiet = true;
    else if (arg === "-v" || arg === "-V") {
      process.stderr.write(`nginx version: nginx/${version}\n`);
      process.exit(0);
    } else exit(`invalid option: "${arg}"`);
  }
  if (parsed.signal !== "" && signals[parsed.signal] === undefined) exit(`invalid option: "-s ${parsed.signal}"`);
  return parsed;
}

function exit(message: string): never {
  process.stderr.write(`nginx: ${message}\n`);
  process.exit(1);
}

/** Before there is a configuration, complaints go to stderr in two forms, as nginx's do. */
function refuse(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(errorLine("emerg", error.message));
  process.stderr.write(`nginx: [emerg] ${error.message}\n`);
  process.exit(1);
}

function sendSignal(options: Arguments): void {
  try {
    const { pidFile } = loadTree(options);
    let pid: number;
    try {
      pid = Number(readFileSync(pidFile, "utf8"));
    } catch (error) {
      exit(`[error] open() "${pidFile}" failed (${systemText(error)})`);
    }
    try {
      process.kill(pid, signals[options.signal]);
    } catch {
      exit(`[error] invalid PID number "${pid}" in "${pidFile}"`);
    }
  } catch (error) {
    refuse(error);
  }
}

class Master {
  readonly #options: Arguments;
  readonly #listeners: Listeners;
  #loaded: Loaded;
  #ending = false;

  constructor(options: Arguments, loaded: Loaded) {
    this.#options = options;
    this.#loaded = loaded;
    this.#listeners = new Listeners((site, request, response) => {
      // While ending, a connection carries no second request.
      if (this.#ending) response.shouldKeepAlive = false;
      this.#loaded.engine.handle(site, request, response);
    });
  }

  async start(): Promise<void> {
    await this.#listeners.use(this.#loaded.sites);
    const { pidFile } = this.#loaded.config;
    try {
      writeFileSync(pidFile, `${process.pid}\n`);
    } catch (error) {
      throw new ConfigError(`open() "${pidFile}" failed (${systemText(error)})`);
    }
    process.on("SIGHUP", () => void this.#reload());
    process.on("SIGUSR1", () => undefined);
    process.on("SIGWINCH", () => undefined);
    process.once("SIGQUIT", () => void this.#quit());
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => this.#exit());
  }

  async #reload(): Promise<void> {
    this.#say("notice", "signal process started");
    try {
      const loaded = await load({ ...this.#options, version });
      await this.#listeners.use(loaded.sites);
      const old = this.#loaded;
      this.#loaded = loaded;
      old.engine.close();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#say("emerg", error.message);
    }
  }

  async #quit(): Promise<void> {
    this.#say("notice", "gracefully shutting down");
    this.#ending = true;
    await this.#listeners.drain();
    this.#exit();
  }

  #exit(): never {
    this.#loaded.engine.close();
    rmSync(this.#loaded.config.pidFile, { force: true });
    process.exit(0);
  }

  #say(level: Level, message: string): void {
    process.stderr.write(errorLine(level, message));
  }
}

async function main(): Promise<void> {
  const options = parseArguments(process.argv.slice(2));
  if (options.signal !== "") return sendSignal(options);
  process.title = "nginx: master process nginx";
  try {
    const loaded = await load({ ...options, version });
    if (options.test) {
      if (!options.quiet) {
        process.stderr.write(`nginx: the configuration file ${options.file} syntax is ok\n`);
        process.stderr.write(`nginx: configuration file ${options.file} test is successful\n`);
      }
      if (options.dump) process.stdout.write(`# configuration file ${options.file}:\n${readFileSync(options.file, "utf8")}\n`);
      process.exit(0);
    }
    if (loaded.config.daemon) {
      const again = [...process.execArgv, process.argv[1] ?? "", ...process.argv.slice(2), "-g", `${options.global} daemon off;`];
      spawn(process.execPath, again, { detached: true, stdio: "inherit" }).unref();
      return;
    }
    await new Master(options, loaded).start();
  } catch (error) {
    refuse(error);
  }
}

void main();
