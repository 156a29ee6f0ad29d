/**
 * How a program behaves that is rehearsed, as far as it matters: read from the environment variables of coxswain/rehearsal-app, which does so in truth, and
 * of pods that are simulated. What isn't said: a program that listens soon, answers soon, and ends in order.
 */
export interface AppBehaviour {
  /** From its start until it listens. */
  readonly listenAfterMs: number;
  /** From a request until its answer. */
  readonly answerAfterMs: number;
  /** Requests that are worked on at the same time; others wait. 0: no limit. */
  readonly concurrency: number;
  /**
   * `stop`: takes no new connections, closes those that are idle and finishes what is under way, as most web frameworks do; `drain`: keeps idle ones for
   * a while and says goodbye on each with its next answer; `exit`: ends at once; `ignore`: goes on until it is killed; `hangup`: closes every connection
   * at once, whatever is on it, and ends a moment later.
   */
  readonly onSigterm: "stop" | "drain" | "exit" | "ignore" | "hangup";
  /** What it answers with. */
  readonly status: number;
  /** It crashes this long after its start; 0: never. */
  readonly crashAfterMs: number;
}

const reactions = ["stop", "drain", "exit", "ignore", "hangup"] as const;

/** Of a program that says nothing of itself. */
export const usualBehaviour: AppBehaviour = {
  listenAfterMs: 100,
  answerAfterMs: 2,
  concurrency: 0,
  onSigterm: "stop",
  status: 200,
  crashAfterMs: 0,
};

/** While it drains, idle connections are kept for this long. */
export const drainLingerMs = 5000;
/** After a hang-up it lives on for this long: the end of the connections is seen before its own. */
export const hangupLingerMs = 500;

/** LISTEN_AFTER_MS, ANSWER_AFTER_MS, CONCURRENCY, ON_SIGTERM, ANSWER_STATUS, CRASH_AFTER_MS. Throws an Error that names a value that can't be read. */
export function behaviourFrom(env: Readonly<Record<string, string | undefined>>, usual: AppBehaviour = usualBehaviour): AppBehaviour {
  const number = (name: string, otherwise: number): number => {
    const text = env[name];
    if (text === undefined || text === "") return otherwise;
    if (!/^\d+$/.test(text)) throw new Error(`${name}=${text}: give a whole number`);
    return Number(text);
  };
  const text = env["ON_SIGTERM"] ?? usual.onSigterm;
  const onSigterm = reactions.find((each) => each === text);
  if (onSigterm === undefined) throw new Error(`ON_SIGTERM=${text}: give ${reactions.join(", ")}`);
  return {
    listenAfterMs: number("LISTEN_AFTER_MS", usual.listenAfterMs),
    answerAfterMs: number("ANSWER_AFTER_MS", usual.answerAfterMs),
    concurrency: number("CONCURRENCY", usual.concurrency),
    onSigterm,
    status: number("ANSWER_STATUS", usual.status),
    crashAfterMs: number("CRASH_AFTER_MS", usual.crashAfterMs),
  };
}
