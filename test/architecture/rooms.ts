/*
 * The house as data: which rooms there are and what each may import (ARCHITECTURE.md, "Who may import whom").
 * A room is a folder; a file belongs to the room with the longest matching name. Whatever is not listed is refused.
 */

export interface Room {
  /** Rooms whose files this one may import, besides its own. */
  rooms: readonly string[];
  /** Packages it may import, with all their subpaths. */
  packages: readonly string[];
  /** Which runtime's own modules (`node:…`, `cloudflare:…`) it may import. */
  platform?: "node" | "cloudflare";
}

/** Libraries without I/O, clock or platform: what the engine may stand on. */
const PURE_LIBRARIES = ["yaml", "@cfworker/json-schema", "json-p3", "@noble/hashes", "semver"];
/** Computes due times of moments that it is given; its own timers and clock are never used. */
const CRON = "croner";
const PLUGIN_ROOMS = ["connectors", "engine", "contracts", "vault", "workers/plugins/isolate"];
/** A door parses with the engine's readers (JSON with places, YAML) and calls services; it decides nothing. */
const DOOR: Room = {
  rooms: ["workers/services", "contracts", "engine"],
  packages: ["hono", "@hono/zod-openapi", "zod", "@noble/hashes"],
};
const PLUGIN: Room = { rooms: PLUGIN_ROOMS, packages: [], platform: "cloudflare" };

export const ROOMS: Readonly<Record<string, Room>> = {
  engine: { rooms: [], packages: [...PURE_LIBRARIES, CRON] },
  connectors: {
    rooms: ["engine"],
    packages: [
      ...PURE_LIBRARIES,
      "acorn",
      "aws4fetch",
      "oauth4webapi",
      "jose",
      "@rgrove/parse-xml",
      "standardwebhooks",
      "unicode-confusables",
    ],
  },
  contracts: { rooms: ["engine"], packages: ["zod", ...PURE_LIBRARIES] },
  vault: { rooms: [], packages: [] },
  /** The chain over logs, receipts, and how anybody verifies them: web standards only. */
  receipts: { rooms: ["engine"], packages: ["@noble/hashes"] },

  "workers/database": {
    rooms: ["contracts"],
    packages: ["drizzle-orm", "drizzle-kit", "@neondatabase/serverless", "ulid"],
  },
  "workers/identity": { rooms: ["contracts"], packages: ["@noble/hashes", "ulid"] },
  "workers/payments": { rooms: ["contracts"], packages: [] },
  "workers/services": {
    rooms: [
      "contracts",
      "engine",
      "connectors",
      "vault",
      "receipts",
      "workers/database",
      "workers/identity",
      "workers/payments",
    ],
    packages: ["drizzle-orm", "ulid", "zod", ...PURE_LIBRARIES],
  },
  "workers/api": DOOR,
  "workers/hooks": DOOR,
  "workers/mcp": DOOR,
  "workers/queues": DOOR,
  "workers/schedules": DOOR,
  /** The composition root: `main.ts` and `env.ts`. */
  workers: {
    rooms: [
      "contracts",
      "engine",
      "receipts",
      "durable-objects",
      "workers/api",
      "workers/hooks",
      "workers/mcp",
      "workers/queues",
      "workers/schedules",
      "workers/services",
      "workers/database",
      "workers/identity",
      "workers/payments",
    ],
    packages: ["hono"],
    platform: "cloudflare",
  },
  "workers/plugins/http": { ...PLUGIN, packages: ["standardwebhooks", "@modelcontextprotocol/client"] },
  "workers/plugins/toolbox": { ...PLUGIN, packages: ["luxon", "papaparse"] },
  "workers/plugins/code": PLUGIN,
  /** What runs inside of the sandbox, beside the code of users: it sees nothing of the Worker around it. */
  "workers/plugins/code/inside": { rooms: [], packages: ["jsonata"] },
  "workers/plugins/sandbox": PLUGIN,
  /** Beside published modules in their isolates. */
  "workers/plugins/sandbox/inside": {
    rooms: ["contracts", "engine"],
    packages: ["node:async_hooks"],
    platform: "cloudflare",
  },
  /** How a plugin Worker gives an isolated execution an isolate of its own. */
  "workers/plugins/isolate": { rooms: ["engine", "contracts"], packages: [] },
  "durable-objects": { rooms: ["engine", "contracts"], packages: [], platform: "cloudflare" },

  scripts: {
    rooms: ["examples", "engine", "contracts", "receipts"],
    packages: [
      "miniflare",
      "wrangler",
      "esbuild",
      "@electric-sql/pglite",
      "@neondatabase/serverless",
      "drizzle-orm",
      "ws",
      "undici",
      "yaml",
    ],
    platform: "node",
  },
  bench: {
    rooms: ["engine", "contracts", "scripts", "connectors", "vault"],
    packages: [
      "miniflare",
      "wrangler",
      "esbuild",
      "undici",
      "yaml",
      "@modelcontextprotocol/node",
      "@modelcontextprotocol/server",
      "zod",
    ],
    platform: "node",
  },
  /** The hand-written floor that the platform is measured against: Workers of its own. */
  "bench/floor/workers": { rooms: [], packages: [], platform: "cloudflare" },
  /** Makes calls of actions as a cell does. */
  "bench/calls/workers": {
    rooms: ["bench", "durable-objects", "contracts", "engine"],
    packages: [],
    platform: "cloudflare",
  },
  /** The platform Worker whose metering can be switched off: nothing of a deployment can. */
  "bench/metering/workers": {
    rooms: ["bench", "durable-objects", "contracts", "workers"],
    packages: [],
    platform: "cloudflare",
  },
  examples: { rooms: [], packages: [], platform: "node" },
  /** Workers that stand around the product's objects in tests. */
  "test/workers": {
    rooms: [
      "test",
      "durable-objects",
      "contracts",
      "engine",
      "workers",
      "workers/plugins/toolbox",
      "workers/queues",
      "workers/services",
    ],
    packages: [],
    platform: "cloudflare",
  },
  /** What needs several rooms or a platform: it may look at everything. */
  test: {
    rooms: [
      "engine",
      "connectors",
      "contracts",
      "vault",
      "receipts",
      "durable-objects",
      "scripts",
      "bench",
      "examples",
      "workers",
      "workers/api",
      "workers/database",
      "workers/identity",
      "workers/plugins/code",
      "workers/plugins/http",
      "workers/plugins/toolbox",
      "workers/queues",
      "workers/schedules",
      "workers/services",
    ],
    packages: [
      "@electric-sql/pglite",
      "@modelcontextprotocol/node",
      "@modelcontextprotocol/server",
      "@copilotkit/aimock",
      "@neondatabase/serverless",
      "ajv",
      "ajv-formats",
      "emulate",
      "esbuild",
      "eventsource",
      "jose",
      "miniflare",
      "nunjucks",
      "oidc-provider",
      "oxc-parser",
      "playwright-core",
      "standardwebhooks",
      "stripe",
      "svix",
      "undici",
      "vitest",
      "wrangler",
      "ws",
      "yaml",
      "zod",
    ],
    platform: "node",
  },
};

/** What a test beside its source may import on top of what its room may. */
export const UNIT_TEST_PACKAGES: readonly string[] = ["vitest", "nunjucks", "ajv", "ajv-formats"];

/** Names that say nothing about what stands inside. */
export const BANNED_NAMES: readonly string[] = [
  "utils",
  "util",
  "helpers",
  "helper",
  "common",
  "shared",
  "core",
  "misc",
];

/** More than this many lines is a design question. */
export const MAX_LINES = 400;

/** The room a file belongs to: the one with the longest name that is a folder above it; null for the root and strangers. */
export function roomOf(path: string, rooms: Readonly<Record<string, Room>> = ROOMS): string | null {
  let found: string | null = null;
  for (const room of Object.keys(rooms)) {
    if (path.startsWith(`${room}/`) && (found === null || room.length > found.length)) found = room;
  }
  return found;
}
