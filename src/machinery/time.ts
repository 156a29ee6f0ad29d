/** Times and durations, by the name that the rest of the system knows them by. */
export { age, goDuration, humanDuration, parseGoDuration, parseTime, rfc3339, rfc3339Micro, timeMs } from "../schema/scalars/time.ts";
