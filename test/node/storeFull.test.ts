import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bundleChild } from "../store/bundleChild.ts";

const run = promisify(execFile);

test("when files can't grow any more, writes fail whole and reads go on; with room again, so do writes", async () => {
  const dir = await mkdtemp(join(tmpdir(), "store-full-"));
  try {
    const child = join(dir, "child.mjs");
    await bundleChild("test/store/fullDiskChild.ts", child);
    const { stdout } = await run("sh", ["-c", `ulimit -S -f 8192; exec "$0" "$@"`, process.execPath, child, join(dir, "state")]);
    const told: unknown = JSON.parse(stdout);
    expect(told).toMatchObject({ afterwards: true, refused: expect.stringMatching(/^the disk that holds .* refused a write/) });
    const { acknowledged = 0, kept, revision, reopened } = told as Record<string, number>;
    expect(acknowledged).toBeGreaterThan(100);
    expect([kept, revision, reopened]).toEqual([acknowledged, acknowledged + 1, acknowledged - 20 + 1]);
  } finally {
    await rm(dir, { recursive: true });
  }
});
