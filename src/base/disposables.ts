/** What was started, to be stopped in reverse order. (The language's own stack is not in Node 20.) */
export class Disposables implements AsyncDisposable {
  private readonly started: (Disposable | AsyncDisposable)[] = [];

  add<T extends Disposable | AsyncDisposable>(item: T): T {
    this.started.push(item);
    return item;
  }

  /** Registers a function to run at the end. */
  defer(fn: () => void | Promise<void>): void {
    this.started.push({ [Symbol.asyncDispose]: async () => fn() });
  }

  /** Stops everything, even if one fails; then throws what failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let item = this.started.pop(); item !== undefined; item = this.started.pop()) {
      try {
        if (Symbol.asyncDispose in item) await item[Symbol.asyncDispose]();
        else item[Symbol.dispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, "several things could not be stopped");
  }
}
