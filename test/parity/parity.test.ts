/** Genuine kubectl and ours side by side, byte by byte. PARITY_ONLY=get narrows to groups whose names begin so. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { genuineTools } from "../lab/realCluster.ts";
import { createObjects, type ParityCluster, settled, startParityCluster } from "./cluster.ts";
import { differences } from "./differences.ts";
import { masked } from "./mask.ts";
import { type Group, readGroups, type Row } from "./rows.ts";
import { filesFolder, type Outcome, type Place, runGenuine, runOurs } from "./sides.ts";

const only = process.env["PARITY_ONLY"] ?? "";
const groups = readGroups().filter(({ name }) => name.startsWith(only));
/** Genuine kubectls at a time. */
const parallel = 3;

interface Pair {
  readonly genuine: Outcome;
  readonly ours: Outcome;
}

describe.skipIf(genuineTools() === undefined).each(groups)("$name", (group) => {
  const rows = group.rows.filter(({ kind }) => kind === "compare");
  let pairs: ReadonlyMap<Row, Pair>;
  const work = mkdtempSync(join(tmpdir(), "parity-"));
  beforeAll(async () => {
    process.chdir(filesFolder);
    pairs = group.twin ? await runTwin(group, work) : await runReads(group, work);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const outcomesOf = (row: Row): readonly Outcome[] => {
    const { genuine, ours } = pairs.get(row) as Pair;
    return [genuine, ours].map((one) => masked(one, { twin: group.twin, more: group.masks, anyOrder: group.anyOrder }));
  };
  const reasonOf = ({ line }: Row): string | undefined => differences.find((one) => one.group === group.name && one.row === line)?.reason;

  test.each(rows.filter((row) => reasonOf(row) === undefined))("kubectl $line", (row) => {
    const [genuine, ours] = outcomesOf(row);
    expect(ours).toEqual(genuine);
  });

  test.each(rows.filter((row) => reasonOf(row) !== undefined))("kubectl $line: a known difference", (row) => {
    const [genuine, ours] = outcomesOf(row);
    expect(ours, `it is the same now: take it out of differences.ts (${reasonOf(row)})`).not.toEqual(genuine);
  });
});

test("every known difference is a row", () => {
  const all = new Set(readGroups().flatMap((group) => group.rows.map(({ line }) => `${group.name}: ${line}`)));
  expect(differences.filter(({ group, row }) => !all.has(`${group}: ${row}`))).toEqual([]);
});

async function prepared(group: Group, work: string, name: string): Promise<ParityCluster> {
  const cluster = await startParityCluster({ folder: work, name, ways: group.ways });
  for (const file of group.setup) await createObjects(cluster, file);
  await settled(cluster);
  return cluster;
}

/** One cluster, whose state doesn't change; rows that differ are tried once more, for what only time told apart. */
async function runReads(group: Group, work: string): Promise<ReadonlyMap<Row, Pair>> {
  await using cluster = await prepared(group, work, "config");
  cluster.freeze();
  const place: Place = { kubeconfig: cluster.kubeconfig, home: work };
  const pairs = new Map<Row, Pair>();
  const rows = [...group.rows];
  const masks = { twin: false, more: group.masks, anyOrder: group.anyOrder };
  const worker = async (): Promise<void> => {
    for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
      let pair = await runPair(row, place, place);
      if (JSON.stringify(masked(pair.ours, masks)) !== JSON.stringify(masked(pair.genuine, masks))) pair = await runPair(row, place, place);
      pairs.set(row, pair);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return pairs;
}

async function runPair(row: Row, theirs: Place, ours: Place): Promise<Pair> {
  const [genuine, own] = await Promise.all([runGenuine(row, theirs), runOurs(row, ours)]);
  return { genuine, ours: own };
}

/** A cluster for each side; the rows run in order. */
async function runTwin(group: Group, work: string): Promise<ReadonlyMap<Row, Pair>> {
  await using first = await prepared(group, work, "config-a");
  await using second = await prepared(group, work, "config-b");
  const theirs: Place = { kubeconfig: first.kubeconfig, home: work };
  const ours: Place = { kubeconfig: second.kubeconfig, home: work };
  const pairs = new Map<Row, Pair>();
  for (const row of group.rows) {
    if (row.kind === "settle") await Promise.all([settled(first), settled(second)]);
    else if (row.kind === "prepare") await Promise.all([runGenuine(row, theirs), runGenuine(row, ours)]);
    else pairs.set(row, await runPair(row, theirs, ours));
  }
  return pairs;
}
