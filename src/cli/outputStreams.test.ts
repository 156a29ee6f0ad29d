import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plainBytes, writePlain } from "./outputStreams.ts";

let folder: string;
let fifo: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "output-streams-"));
  fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file takes everything", () => {
  const path = join(folder, "file");
  const descriptor = openSync(path, "w");
  expect(plainBytes(descriptor)).toBe(Number.POSITIVE_INFINITY);
  expect(writePlain(descriptor, Buffer.from("all of it"))).toHaveLength(0);
  closeSync(descriptor);
  expect(readFileSync(path, "utf8")).toBe("all of it");
});

test("a pipe that is full and doesn't block leaves the rest to the stream", () => {
  const pipe = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  expect(plainBytes(pipe)).toBeGreaterThan(0);
  const data = Buffer.alloc(200_000, "0123456789");
  const rest = writePlain(pipe, data);
  const taken = Buffer.alloc(200_000);
  const size = readSync(pipe, taken);
  expect(rest.length).toBeGreaterThan(0);
  expect(Buffer.concat([taken.subarray(0, size), rest]).equals(data)).toBe(true);
  closeSync(pipe);
});

test("a reader that has gone leaves everything to the stream, which tells", () => {
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(fifo, constants.O_WRONLY);
  closeSync(reader);
  expect(writePlain(writer, Buffer.from("nobody reads"))).toHaveLength(12);
  closeSync(writer);
});

test("a terminal, and whatever else isn't known, is the stream's", () => {
  const device = openSync("/dev/null", "w");
  expect(plainBytes(device)).toBe(0);
  closeSync(device);
});
