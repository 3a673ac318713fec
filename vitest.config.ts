import { defineConfig } from "vitest/config";
import { MATRIX } from "./test/faults/matrix.ts";
import { PLANTS } from "./test/threats/plants.ts";

/** Suites whose schedules say nothing of what an object keeps in memory: they run a second time with nothing kept. */
const EVICTED = [
  "archive",
  "campaigns",
  "cell-kills",
  "cell-sleeps",
  "connection-waits",
  "fault-points",
  "feed-kills",
  "limited-cell",
  "metering-kills",
  "moved-keys",
  "purge",
  "races",
  "retries",
  "steering",
  "tasks",
];

/** What takes minutes and shows a row of the fault matrix, or of the threat table, and all else of faults, ways out and triggers. */
const FAULTS = [
  ...new Set([
    "test/{faults,http,triggers}/**/*.long.test.ts",
    ...Object.values(MATRIX).flatMap(({ shownBy }) => shownBy.map(({ file }) => file)),
    ...PLANTS.map(({ test }) => test),
  ]),
].filter((file) => file.endsWith(".long.test.ts"));

/** How long `expect.poll` waits where a test says nothing else: by itself it would be a second, which a busy platform may take for anything. */
const POLL_MS = 20_000;

/** What has a platform, or several, of its own for minutes: one file after the other, with nothing beside it. */
const ALONE = {
  fileParallelism: false,
  testTimeout: 300_000,
  hookTimeout: 120_000,
  teardownTimeout: 20_000,
  expect: { poll: { timeout: POLL_MS } },
} as const;

/**
 * `unit` needs no platform; `platform` starts one (or several) per file, so its files come after those, two at a time on any
 * machine. `faults` and `long` are what takes minutes, of both kinds, one file after the other; `evicted` is the
 * simulation again, with objects that are put out of memory after every commit. `npm run test:faults` is what
 * the fault matrix and the threat table rest on (`faults` and `evicted`), and what CI runs; `npm run test:long` is all three.
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
            "{engine,connectors,vault,receipts,contracts,workers,durable-objects,examples,bench}/**/*.test.ts",
            "scripts/neon/*.test.ts",
            "test/{architecture,conformance,engine-simulation,fuzz,simulation}/**/*.test.ts",
          ],
          exclude: ["**/*.long.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
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
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
          teardownTimeout: 20_000,
          expect: { poll: { timeout: POLL_MS } },
        },
      },
      { test: { name: "faults", include: FAULTS, ...ALONE } },
      {
        test: {
          name: "long",
          include: ["**/*.long.test.ts"],
          exclude: ["**/node_modules/**", ...FAULTS],
          ...ALONE,
        },
      },
      {
        test: {
          name: "evicted",
          include: EVICTED.map((name) => `test/simulation/${name}.test.ts`),
          // Of the others some count what is in memory, and timers.
          testNamePattern: /schedules|killed at |at every distance/,
          env: { ALWAYS_EVICT: "1", SCHEDULES: "6" },
          maxWorkers: 2,
          testTimeout: 300_000,
        },
      },
    ],
  },
});
