import { describe, expect, it } from "vitest";
import { ExitError } from "../errors.ts";
import { detachable, detachSequence } from "./detachKeys.ts";
import { throwRemoteFailure } from "./remoteStatus.ts";

describe("what a remote command ended with", () => {
  const failure = (rest: object): string => JSON.stringify({ status: "Failure", ...rest });
  const exit = (message: string): string => failure({ reason: "NonZeroExitCode", details: { causes: [{ reason: "ExitCode", message }] } });

  it("is nothing to tell where it succeeded", () => {
    expect(() => throwRemoteFailure('{"metadata":{},"status":"Success"}')).not.toThrow();
  });

  it("gives its exit code", () => {
    const thrown = (): unknown => {
      try {
        return throwRemoteFailure(exit("7"));
      } catch (error) {
        return error;
      }
    };
    expect(thrown()).toEqual(new ExitError(7, "command terminated with exit code 7"));
    expect(thrown()).toHaveProperty("code", 7);
  });

  it.each([
    [failure({ message: "no such container" }), "no such container"],
    [exit("300"), 'error stream protocol error: invalid exit code value "300"'],
    [failure({ reason: "NonZeroExitCode" }), "error stream protocol error: details must be set"],
    [failure({ reason: "NonZeroExitCode", details: {} }), "error stream protocol error: no ExitCode cause given"],
    ["{}", "error stream protocol error: unknown error"],
  ])("%s", (text, message) => {
    expect(() => throwRemoteFailure(text)).toThrow(message);
  });
});

describe("detach keys", () => {
  const through = async (keys: string, ...pieces: string[]): Promise<string> => {
    const from = (async function* () {
      for (const piece of pieces) yield new TextEncoder().encode(piece);
    })();
    let text = "";
    for await (const data of detachable(keys)(from)) text += new TextDecoder().decode(data);
    return text;
  };

  it("are read as names of control keys or characters", () => {
    expect(detachSequence("ctrl-p,ctrl-q")).toEqual([16, 17]);
    expect(detachSequence("a,ctrl-[,ctrl-@")).toEqual([97, 27, 0]);
    expect(() => detachSequence("ctrl-?")).toThrow("could not bind detach keys: Unknown character: 'ctrl-?'");
  });

  it("end the input, also over two pieces", async () => {
    expect(await through("ctrl-p,ctrl-q", "ab\u0010\u0011cd")).toBe("ab");
    expect(await through("ctrl-p,ctrl-q", "ab\u0010", "\u0011cd")).toBe("ab");
  });

  it("are passed on where the sequence is broken", async () => {
    expect(await through("ctrl-p,ctrl-q", "a\u0010", "b\u0010\u0010c\u0011")).toBe("a\u0010b\u0010\u0010c\u0011");
  });
});
