import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { writeChanged } from "../../scripts/platform/write-changed.ts";

const ROOT = join(import.meta.dirname, "../..");
const OUT = join(ROOT, ".out/two-builds");
const THIS = join(ROOT, "workers/main.ts");

/** The release before this one: its platform Worker, API and objects. LAST_RELEASE names another file. */
export const LAST_RELEASE = process.env.LAST_RELEASE ?? join(import.meta.dirname, "fixtures/last-release.js.br");

const CLASSES = [
  "Campaigns",
  "Connection",
  "Coordinator",
  "Feed",
  "Relay",
  "Services",
  "TaskTokens",
  "Tenant",
  "Triggers",
] as const;

/** What of a platform Worker is of the release before; the rest is of this build. */
export type OfLast = readonly ("API" | (typeof CLASSES)[number])[];

export const ALL_OBJECTS: OfLast = CLASSES;

/** The main file of a platform Worker whose parts are of two builds, as they stand beside each other while one takes the other's place. */
export function mixedEntry(name: string, ofLast: OfLast): string {
  mkdirSync(OUT, { recursive: true });
  const last = join(OUT, "last-release.js");
  writeChanged(last, brotliDecompressSync(readFileSync(LAST_RELEASE)).toString());
  const from = (part: OfLast[number]): string => JSON.stringify(ofLast.includes(part) ? last : THIS);
  const lines = [
    `export { default } from ${from("API")};`,
    `export { CampaignSteps, TriggerStarts } from ${from("API")};`,
    ...CLASSES.map((part) => `export { ${part} } from ${from(part)};`),
  ];
  const entry = join(OUT, `${name}.js`);
  writeChanged(entry, `${lines.join("\n")}\n`);
  return entry;
}
