import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freeIndex, listeningRanges } from "./clusterState.ts";

test("the ranges in which somebody listens are told from the kernel's table", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0200407F:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 100 0 0 10 0
   2: 0300417F:01BB 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
`;
  expect([...listeningRanges(table)]).toEqual(["127.64.0.0/16", "127.0.0.0/16"]);
});

test("a new cluster keeps out of the range in which another user's listens", async () => {
  const home = mkdtempSync(join(tmpdir(), "cox-index-"));
  const before = freeIndex({ COX_HOME: home });
  const other = createServer().listen(0, `127.${64 + before}.0.9`);
  try {
    await once(other, "listening");
    expect(freeIndex({ COX_HOME: home })).toBeGreaterThan(before);
  } finally {
    other.close();
    rmSync(home, { recursive: true });
  }
});
