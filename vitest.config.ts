import { defineConfig } from "vitest/config";

export default defineConfig({
  // The file that Node itself takes for "graphql": with the bundlers' one beside it there would be
  // two graphql-js in a process, and neither accepts the other's schema.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ["default", "./test/reporter.ts"],
  },
});
