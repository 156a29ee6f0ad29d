/** A container could not be started: the reason that its status shows while it waits for the next try. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  /** ErrImagePull, CreateContainerConfigError, CreateContainerError, RunContainerError, PostStartHookError, ... */
  readonly reason: string;
  /** Which back-off the next try waits for. `crash`: the attempt ran (or was tried) and has ended. */
  readonly kind: "image" | "config" | "crash" | "aborted";
  constructor(reason: string, message: string, kind: "image" | "config" | "crash" | "aborted") {
    super(message);
    this.reason = reason;
    this.kind = kind;
  }
}
