/** The version share of the last moments, as a line for a terminal that redraws it, and as lines for a log where it has moved. Pure. */

/** What was answered lately counts, and what is older doesn't. */
const windowMs = 2000;
/** A log gets a line when a share has moved by so much, or a version has come or gone. */
const notableShare = 0.2;
const barWidth = 30;
const fills = ["█", "▒", "░"];

export type RecentShares = readonly (readonly [version: string, share: number])[];

export class ShareWindow {
  #answers: { readonly version: string; readonly atMs: number }[] = [];

  add(version: string, atMs: number): void {
    this.#answers.push({ version, atMs });
  }

  /** By version in order; empty when nothing was answered lately. */
  shares(nowMs: number): RecentShares {
    this.#answers = this.#answers.filter(({ atMs }) => atMs > nowMs - windowMs);
    const counts = new Map<string, number>();
    for (const { version } of this.#answers) counts.set(version, (counts.get(version) ?? 0) + 1);
    const all = this.#answers.length;
    return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([version, count]) => [version, count / all] as const);
  }
}

/** `  now ██████▒▒  1.0.0 75 %  2.0.0 25 %`, without a line break. */
export function shareLine(shares: RecentShares): string {
  let drawn = 0;
  const bar = shares.map(([, share], at) => {
    const last = at === shares.length - 1;
    const width = last ? barWidth - drawn : Math.min(barWidth - drawn, Math.max(1, Math.round(share * barWidth)));
    drawn += width;
    return (fills[at % fills.length] ?? "").repeat(width);
  });
  return `  now ${bar.join("")}  ${shareText(shares)}`;
}

export function shareText(shares: RecentShares): string {
  return shares.map(([version, share], at) => `${fills[at % fills.length]} ${version} ${Math.round(share * 100)} %`).join("  ");
}

/** Whether a log should have it, after what it had last. */
export function isNotable(shares: RecentShares, before: RecentShares | undefined): boolean {
  if (shares.length === 0) return false;
  if (before === undefined || before.length !== shares.length) return true;
  const known = new Map(before);
  return shares.some(([version, share]) => Math.abs(share - (known.get(version) ?? -1)) >= notableShare);
}
