import { defineConfig } from "vitest/config";

/** The cases that run inside the agent's namespaces: test/node/namespaces.test.ts starts vitest in there, as root and as an ordinary user. */
export default defineConfig({
  // An ordinary user may write nothing into the checkout.
  cacheDir: process.env["COX_TEST_FOLDER"] ?? "node_modules/.vite",
  test: {
    name: "inside",
    include: ["test/node/inside/**/*.case.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    fileParallelism: false,
    pool: "forks",
    isolate: true,
  },
});
