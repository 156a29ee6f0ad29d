import { expect, test } from "vitest";
import { AnswerReader } from "./answerReader.ts";

interface Read {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  text: string;
  ended: boolean;
}

/** Fed in pieces of `size` bytes. */
function read(bytes: string, size = bytes.length, method = "GET"): Read & { readonly reader: AnswerReader } {
  const answer: Read = { text: "", ended: false };
  const reader = new AnswerReader(method, {
    head: (status, headers) => Object.assign(answer, { status, headers }),
    data: (part) => (answer.text += Buffer.from(part).toString()),
    end: () => (answer.ended = true),
  });
  const all = Buffer.from(bytes);
  for (let at = 0; at < all.length; at += size) reader.push(all.subarray(at, at + size));
  return Object.assign(answer, { reader });
}

const sized = 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nWarning: 299 - "x"\r\nwarning: 299 - "y"\r\nContent-Length: 5\r\n\r\nhello';
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n00A\r\n, you all!\r\n0\r\nTrailer: x\r\n\r\n";

test.each([1, 2, 7, 1000])("answers in pieces of %i bytes", (size) => {
  const one = read(sized, size);
  expect(one).toMatchObject({ status: 200, text: "hello", ended: true });
  expect(one.headers).toEqual({ "content-type": "a/b", warning: '299 - "x", 299 - "y"', "content-length": "5" });
  const other = read(chunked, size);
  expect(other).toMatchObject({ text: "hello, you all!", ended: true });
  expect([one.reader.reusable, other.reader.reusable]).toEqual([true, true]);
});

test("what comes before the answer is passed over", () => {
  expect(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")).toMatchObject({ status: 204, ended: true });
});

test("an answer to HEAD has no body, whatever its length says", () => {
  expect(read("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", 100, "HEAD").ended).toBe(true);
});

test("without a length the connection's end is the body's", () => {
  const { reader, ...answer } = read("HTTP/1.0 200 OK\r\n\r\nall of it");
  expect(answer).toMatchObject({ text: "all of it", ended: false });
  reader.closed();
  expect(reader.reusable).toBe(false);
});

test("a connection that the server closes, or that speaks 1.0, serves once", () => {
  expect(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").reader.reusable).toBe(false);
  expect(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").reader.reusable).toBe(false);
});

test.each([
  ["no HTTP", "SSH-2.0-OpenSSH_9\r\n", "Parse Error: Expected HTTP/"],
  ["no status", "HTTP/1.1 OK\r\n\r\n", "Parse Error: Expected HTTP/"],
  ["no length", "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n", "Parse Error: Invalid character in Content-Length"],
  ["no chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "Parse Error: Invalid character in chunk size"],
  [
    "a chunk longer than its size",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    "Parse Error: Expected LF after chunk data",
  ],
  ["a head without end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`, "Parse Error: Header overflow"],
  ["more than the answer", `${sized}HTTP/1.1`, "Parse Error: Data after the answer"],
])("%s is refused", (_, bytes, message) => {
  expect(() => read(bytes)).toThrow(message);
});

test.each([
  ["", "socket hang up"],
  ["HTTP/1.1 200", "aborted"],
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "aborted"],
])("a connection that ends after %j", (bytes, message) => {
  expect(() => read(bytes).reader.closed()).toThrow(message);
});
