/** One sentence that says why this runtime can't be used. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}
