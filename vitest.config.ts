import { defineConfig } from "vitest/config";

/** One project per suite; `npm test` runs them through tools/test.mjs, which installs what they need and adds up the counts. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "tools/**/*.test.ts"] } },
      { test: { name: "sim", include: ["test/sim/**/*.test.ts"], testTimeout: 600_000 } },
      { test: { name: "golden", include: ["test/golden/**/*.test.ts"] } },
      { test: { name: "api", include: ["test/api/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { name: "node", include: ["test/node/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
      {
        test: {
          name: "runtime",
          include: ["test/runtime/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      { test: { name: "long", include: ["test/long/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false } },
      { test: { name: "lab", include: ["test/lab/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false } },
      {
        test: { name: "parity", include: ["test/parity/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false },
      },
    ],
  },
});
