import { defineConfig } from "vitest/config";

/**
 * `unit` needs no platform; `platform` starts one (or several) per file, so its files run one after the other. `long` is what takes
 * minutes, of both kinds: `npm run test:long`.
 */
export default defineConfig({
  test: {
    reporters: ["default"],
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{engine,connectors,vault,contracts,workers,durable-objects,examples,bench}/**/*.test.ts",
            "scripts/neon/*.test.ts",
            "test/{architecture,conformance,engine-simulation,fuzz,simulation}/**/*.test.ts",
          ],
          exclude: ["**/*.long.test.ts"],
          testTimeout: 15_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "platform",
          include: ["scripts/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [
            "scripts/neon/**",
            "test/{architecture,conformance,engine-simulation,fuzz,simulation}/**",
            "**/node_modules/**",
            "**/*.long.test.ts",
          ],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          teardownTimeout: 20_000,
        },
      },
      {
        test: {
          name: "long",
          include: ["**/*.long.test.ts"],
          exclude: ["**/node_modules/**"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          teardownTimeout: 20_000,
        },
      },
    ],
  },
});
