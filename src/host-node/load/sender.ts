/** The port between the generator and what sends one request: httpSender.ts, http2Sender.ts. */
import type { AnswerFacts } from "../../rehearsal/ports/answerFacts.ts";
import type { ConnectionUse, Outcome } from "../../rehearsal/ports/load.ts";

export interface Sent extends AnswerFacts {
  readonly outcome: Outcome;
  readonly connection: ConnectionUse;
}

export interface Sender {
  /** Never rejects. */
  send(): Promise<Sent>;
  close(): void;
}
