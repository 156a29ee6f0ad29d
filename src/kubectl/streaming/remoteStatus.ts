/** How a remote command says that it ended: a Status on the error channel. Upstream: client-go/tools/remotecommand/v4.go */
import { goQuote } from "../../schema/scalars/goText.ts";
import { ExitError, KubectlError } from "../errors.ts";

interface RemoteStatus {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Throws what `text` tells of a failure; an exit code becomes ours. */
export function throwRemoteFailure(text: string): void {
  let status: RemoteStatus;
  try {
    status = JSON.parse(text) as RemoteStatus;
  } catch {
    throw new KubectlError(`error stream protocol error: invalid JSON in ${goQuote(text)}`);
  }
  if (status.status === "Success") return;
  if (status.status !== "Failure") throw new KubectlError("error stream protocol error: unknown error");
  if (status.reason !== "NonZeroExitCode") throw new KubectlError(status.message ?? "");
  if (status.details === undefined) throw new KubectlError("error stream protocol error: details must be set");
  const cause = status.details.causes?.find(({ reason }) => reason === "ExitCode");
  if (cause === undefined) throw new KubectlError("error stream protocol error: no ExitCode cause given");
  const { message = "" } = cause;
  const code = Number(message);
  if (!/^\d+$/.test(message) || code > 255)
    throw new KubectlError(`error stream protocol error: invalid exit code value ${goQuote(message)}`);
  throw new ExitError(code, `command terminated with exit code ${code}`);
}
