import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { newReceiptKey } from "./platform/new-receipt-key.ts";
import { complain } from "./terminal.ts";

/*
 * `npm run receipt-keys --silent [-- --former receipt-keys.json]`: prints a value for RECEIPT_KEYS with a new key that signs. The public keys
 * of `--former`, what `/.well-known/receipt-keys.json` answers now, stay published, so that older receipts can be verified.
 */

const USAGE = "Usage: npm run receipt-keys --silent [-- --former receipt-keys.json]";

function formerKeys(path: string | undefined): unknown[] {
  if (path === undefined) return [];
  const { keys }: { keys?: Record<string, unknown>[] } = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(keys)) throw new Error(`${path} has no "keys": save what /.well-known/receipt-keys.json answers`);
  return keys.map(({ d: _private, ...key }) => key);
}

try {
  const { values } = parseArgs({ options: { former: { type: "string" } } });
  process.stdout.write(`${JSON.stringify({ keys: [newReceiptKey(), ...formerKeys(values.former)] })}\n`);
} catch (error) {
  complain(error instanceof Error ? error.message : String(error));
  complain(USAGE);
  process.exitCode = 2;
}
process.channel?.unref();
