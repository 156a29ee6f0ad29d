import { defineConfig } from "vitest/config";

/** The cases that run in a network of their own beside a containerd of theirs: test/node/cri/cri.test.ts starts vitest in there. */
export default defineConfig({
  test: {
    name: "cri",
    include: ["test/node/cri/**/*.case.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    pool: "forks",
    isolate: true,
  },
});
