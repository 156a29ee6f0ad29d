/** Where components say what they do. A line is a message and flat fields; the host decides where it goes. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

const nothing = (): void => undefined;
/** For tests and for components whose owner wants silence. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
