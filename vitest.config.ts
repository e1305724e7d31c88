import { defineConfig } from "vitest/config";

// `unit` needs nothing but Node; `conformance` compares with independent tools; `e2e` builds examples and runs them.
export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "testing/**/*.test.ts", "test/tidy/**/*.test.ts"],
          // Seconds on a quiet machine; a busy one is no reason to fail.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["testing/e2e-folder.ts"],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
