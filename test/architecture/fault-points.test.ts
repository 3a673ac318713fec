import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { FAULT_POINTS } from "../../durable-objects/coordinator/fault-point.ts";
import { bundleWorker } from "../../scripts/platform/bundle.ts";
import { waitsWithoutPoint } from "./waits-without-point.ts";

const ROOT = join(import.meta.dirname, "../..");
const ROOMS = ["durable-objects/coordinator", "durable-objects/archive"];
/** What it does with a purge, and has points of its own. */
const PURGE = "workers/services/executions/purge.ts";
const CALL = /globalThis\.faultPoint\?\.\("([^"]+)"\)/g;

const files = ROOMS.flatMap((room) =>
  readdirSync(join(ROOT, room))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => ({ path: name, text: readFileSync(join(ROOT, room, name), "utf8") })),
);

test("each named point stands once in the coordinator or its archive, and there are at least forty", () => {
  const purge = { path: PURGE, text: readFileSync(join(ROOT, PURGE), "utf8") };
  const used = [...files, purge].flatMap(({ text }) => [...text.matchAll(CALL)].map(([, name]) => name ?? ""));
  expect(used.toSorted()).toEqual([...FAULT_POINTS].toSorted());
  expect(used.length).toBeGreaterThanOrEqual(40);
});

test("every wait of the coordinator and its archive is followed by a named point, or only hands on one that is", () => {
  expect(files.flatMap((file) => waitsWithoutPoint(file))).toEqual([]);
});

test("what is deployed has no point: not one name is in its bundle, and every build leaves them out", {
  timeout: 60_000,
}, async () => {
  const deployed = await bundleWorker("workers/main.ts");
  const tested = await bundleWorker("test/workers/faulty-platform.ts", true);
  for (const point of FAULT_POINTS) {
    expect(deployed.includes(`"${point}"`), point).toBe(false);
    expect(tested.includes(`("${point}")`), point).toBe(true);
  }
  expect(deployed).not.toContain("faultPoint");
  for (const env of [undefined, "staging", "production"]) {
    const config = unstable_readConfig({ config: join(ROOT, "wrangler.toml"), env }, { hideWarnings: true });
    expect(config.define, env).toEqual({ "globalThis.faultPoint": "undefined" });
  }
});
