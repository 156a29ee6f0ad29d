/** What a system's error code means for a request. */
import type { Outcome } from "../../rehearsal/ports/load.ts";

export function outcomeOf({ code = "", message }: NodeJS.ErrnoException): Outcome {
  switch (code) {
    case "ECONNREFUSED":
      return { type: "refused" };
    case "ECONNRESET":
      return { type: message === "socket hang up" ? "closed" : "reset" };
    case "EPIPE":
      return { type: "reset" };
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { type: "unreachable" };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { type: "unresolved" };
    case "EMFILE":
    case "ENFILE":
    case "EADDRNOTAVAIL":
    case "ENOBUFS":
      return { type: "unsent", reason: code };
    default:
      return { type: "closed" };
  }
}
