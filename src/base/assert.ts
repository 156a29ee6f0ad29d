/** A broken invariant: our bug, never the user's. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The default branch of an exhaustive switch. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected case: ${JSON.stringify(value)}`);
}
