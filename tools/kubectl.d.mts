/** The folder that holds genuine `kubectl` and `helm`. */
export function genuineTools(): string;
