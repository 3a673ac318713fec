import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Keys that sign nothing but what tests make. */
export const TEST_RECEIPT_KEYS = readFileSync(
  join(import.meta.dirname, "../../receipts/golden/test-keys.json"),
  "utf8",
);
