/** Why there can be no virtual machine here. */
export function vmRefusal(): string | undefined;
/** Runs shell text as root in a machine of its own; `code` is undefined when it didn't come to its end. */
export function runInVm(
  script: string,
  options: { timeoutMs: number; said?: (text: string) => void },
): Promise<{ readonly code: number | undefined; readonly output: string }>;
