/**
 * What kubectl needs of the place where it runs: streams, files, programs, the way to an API server. Implemented for Node in
 * cli/kubectlHost.ts; tests and a browser tab give their own.
 */
import type { Clock } from "../base/clock.ts";
import type { Rng } from "../base/rng.ts";
import type { ApiRequest, ApiResponse, ByteStream, StreamSession, Transport } from "../machinery/http.ts";

export interface KubectlHost {
  readonly out: Output;
  readonly err: Output;
  readonly input: Input;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: Files;
  readonly programs: Programs;
  /** Loaded when it is needed. */
  tar(): Promise<TarCodec>;
  /** Upstream's help texts, by the path of their verb; none where the build had none. Loaded when they are needed. */
  helpTexts(): Promise<Readonly<Record<string, string>>>;
  /** How the user called the program: `kubectl` or `cox`. */
  readonly programName: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Opens nothing yet; sockets are made when requests are sent. */
  connect(target: ConnectionTarget): Connection;
  /** Why a certificate and a private key don't fit; absent: nobody here can tell. */
  keyPairProblem?(cert: string, key: string): Promise<string | undefined>;
  /** GET of any URL, for `-f https://...`. */
  fetchUrl(url: string): Promise<{ readonly status: number; readonly statusText: string; readonly body: Uint8Array }>;
  /** Serves HTTP on this machine, for proxy. Throws KubectlError. */
  serve(where: ServePlace, answer: (request: LocalRequest) => Promise<LocalAnswer>): Promise<LocalServer>;
  /** Listens on this machine, for port-forward. */
  listen(address: string, port: number, onConnection: (socket: LocalSocket) => void): Promise<LocalListener>;
}

export interface Output {
  write(data: string | Uint8Array): void;
  /** Resolves when the reader has taken enough of it to go on: await it between large writes. */
  drained(): Promise<void>;
  readonly isTerminal: boolean;
  /** Columns and rows, where it is a terminal. */
  size(): TerminalSize | undefined;
  /** Calls back on each change of size; dispose to stop. */
  onResize(callback: () => void): Disposable;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Input {
  readonly isTerminal: boolean;
  /** Everything up to the end. May be called once. */
  readAll(): Promise<Uint8Array>;
  /** Pieces as they come. */
  stream(): AsyncIterable<Uint8Array>;
  /** One line for a question, without its line break; undefined at the end. */
  readLine(): Promise<string | undefined>;
  /** Keys reach the program one by one and unechoed, until disposed. */
  raw(): Disposable;
  /** Nothing more is read: what waits for it ends, and so may the program. */
  close(): void;
}

export interface Files {
  /** Throws FileError. */
  read(path: string): Promise<Uint8Array>;
  write(path: string, data: string | Uint8Array, mode?: number): Promise<void>;
  /** Only where the file doesn't exist yet: the lock of a kubeconfig. */
  create(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** undefined where there is nothing; follows links unless told otherwise. */
  stat(path: string, options?: { readonly link: boolean }): Promise<FileFacts | undefined>;
  /** Names in byte order. */
  list(path: string): Promise<readonly string[]>;
  readLink(path: string): Promise<string>;
  makeLink(target: string, path: string): Promise<void>;
  readStream(path: string): AsyncIterable<Uint8Array>;
  /** Chunks are written one after the other. */
  writeStream(path: string, mode: number): Promise<{ write(data: Uint8Array): Promise<void>; close(): Promise<void> }>;
  /** The path, absolute against the working directory. */
  absolute(path: string): string;
  readonly home: string;
  /** A fresh folder of the user's own. */
  makeTemporaryFolder(prefix: string): Promise<string>;
}

export interface FileFacts {
  readonly kind: "file" | "folder" | "link" | "other";
  readonly sizeBytes: number;
  readonly mode: number;
  readonly modifiedMs: number;
  readonly uid: number;
  readonly gid: number;
}

export interface TarEntry {
  readonly path: string;
  readonly type: "file" | "folder" | "symlink";
  readonly linkPath: string;
}

export interface TarFile extends TarEntry {
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
}

/** `end` comes after the bytes of each entry, also where there are none. */
export type TarPart =
  | { readonly form: "entry"; readonly entry: TarEntry }
  | { readonly form: "data"; readonly data: Uint8Array }
  | { readonly form: "end" };

export interface TarCodec {
  header(file: TarFile): Uint8Array;
  /** What follows a file's bytes. */
  padding(sizeBytes: number): Uint8Array;
  readonly end: Uint8Array;
  /** Ends with the archive, whatever comes after it. Throws KubectlError where it is damaged or cut off. */
  read(archive: AsyncIterable<Uint8Array>): AsyncIterable<TarPart>;
}

/** What the file system refused, worded as Go words it: `open x: no such file or directory`. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: "notFound" | "exists" | "denied" | "isFolder" | "other";
  constructor(message: string, code: FileError["code"]) {
    super(message);
    this.code = code;
  }
}

export interface Programs {
  /** Runs with the user's terminal: editors, plug-ins. */
  runAttached(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<number>;
  /** Runs and collects what it writes; its stderr goes to ours. */
  capture(program: string, args: readonly string[], options: CaptureOptions): Promise<{ readonly code: number; readonly output: string }>;
  /** Absolute path of a program on the PATH. */
  find(program: string): Promise<string | undefined>;
}

export interface CaptureOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Let it read our standard input. */
  readonly interactive?: boolean;
  /** Collect its stderr too, into the output. */
  readonly withStderr?: boolean;
}

export interface ConnectionTarget {
  readonly server: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  readonly insecure: boolean;
  readonly proxyUrl?: string | undefined;
}

export interface Connection {
  /** Rejects with ConnectError when no answer came. */
  readonly transport: Transport;
  /** A WebSocket session of exec, attach or port-forward. Rejects with UpgradeRefused or ConnectError. */
  upgrade(request: ApiRequest, protocols: readonly string[]): Promise<ClientSession>;
  /** The connection of a port-forward. Rejects as upgrade does. */
  forward(request: ApiRequest): Promise<PortTunnel>;
  close(): void;
}

export interface ClientSession extends StreamSession {
  /** The one of those offered that the server took. */
  readonly protocol: string;
  /** Why it ended, where that was no orderly end; in the words of Go's WebSocket library. */
  problem(): string | undefined;
}

/** Any number of connections to ports of one pod. */
export interface PortTunnel {
  /** Aborted when the server has gone. */
  readonly gone: AbortSignal;
  open(port: number): Promise<ForwardedConnection>;
  close(): void;
}

export interface ForwardedConnection {
  readonly incoming: AsyncIterable<Uint8Array>;
  send(data: Uint8Array): Promise<void>;
  /** Half-close. */
  end(): Promise<void>;
  /** Drops what is still on its way, both ways. */
  reset(): Promise<void>;
  /** Resolves, once the server has ended it, with what went wrong there; empty: nothing. */
  problem(): Promise<string>;
}

/** The request never got an answer. The message is worded as Go words it: `dial tcp 127.0.0.1:1: connect: connection refused`. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
}

/** The server answered an upgrade with something else. */
export class UpgradeRefused extends Error {
  override readonly name = "UpgradeRefused";
  readonly status: number;
  readonly body: Uint8Array;
  constructor(status: number, body: Uint8Array) {
    super(`the server refused the upgrade with status ${status}`);
    this.status = status;
    this.body = body;
  }
}

export interface LocalListener extends Disposable {
  readonly port: number;
}

export type ServePlace = { readonly address: string; readonly port: number } | { readonly path: string };

export type LocalRequest = ApiRequest;
export type LocalAnswer = ApiResponse;

export interface LocalServer {
  /** `127.0.0.1:8001`, or the path of the Unix socket. */
  readonly address: string;
  /** Serves until then. */
  over(signal: AbortSignal): Promise<void>;
}

export type LocalSocket = ByteStream;
