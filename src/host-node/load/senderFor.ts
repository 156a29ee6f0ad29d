/** Which sender speaks the protocol that is asked for. */
import type { LoadSpec, LoadTarget } from "../../rehearsal/ports/load.ts";
import { http2Sender } from "./http2Sender.ts";
import { httpSender } from "./httpSender.ts";
import type { Sender } from "./sender.ts";

export function senderFor(spec: LoadSpec, target: LoadTarget, now: () => number): Sender {
  return spec.protocol === "http/2" ? http2Sender(spec, target, now) : httpSender(spec, target, now);
}
