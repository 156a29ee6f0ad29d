/** Addresses out of a node's range, each once until the range is used up; then the one that was freed longest ago. */
export class Addresses {
  private readonly base: number;
  private readonly size: number;
  private next = 2;
  private readonly freed: string[] = [];

  /** `cidr`: e.g. `10.244.3.0/24`; the first two and the last address are not given out. */
  constructor(cidr: string) {
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
    if (match === null) throw new Error(`"${cidr}" is no IPv4 range such as 10.244.0.0/24`);
    const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
    this.base = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
    this.size = 2 ** (32 - bits);
  }

  /** Throws when every address is in use. */
  take(): string {
    if (this.next < this.size - 1) {
      const address = this.base + this.next;
      this.next += 1;
      return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
    }
    const again = this.freed.shift();
    if (again === undefined) throw new Error("no address is free in the node's range");
    return again;
  }

  free(address: string): void {
    this.freed.push(address);
  }
}
