import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isObject, type Json, type JsonObject } from "../engine/json.ts";
import { type History, verifyHistory } from "../receipts/verify-history.ts";
import { complain } from "./terminal.ts";

/*
 * `npm run verify -- --keys receipt-keys.json history.json …`: whether a history is what the platform signed. Of one that came in pages, the
 * pages in their order. Asks nobody. Ends with 0 where it is, 1 where it is not, 2 where the files are not what they should be.
 */

const USAGE = "Usage: npm run verify -- --keys receipt-keys.json history.json [next-page.json …]";

function readJson(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** An answer of `GET …/history`. */
function readPage(path: string): JsonObject {
  const page = readJson(path);
  if (!isObject(page) || typeof page.execution_id !== "string" || !Array.isArray(page.data))
    throw new Error(`${path} is no history: save the answer of GET /workflows/executions/ID/history as it is`);
  return page;
}

/** The receipt comes with the last page. */
function joined(paths: readonly string[]): History {
  const pages = paths.map(readPage);
  const ids = [...new Set(pages.map(({ execution_id }) => String(execution_id)))];
  const [id] = ids;
  if (id === undefined || ids.length > 1)
    throw new Error(`These pages are of ${ids.length} executions: ${ids.join(", ")}`);
  const data = pages.flatMap(({ data: events }) => (Array.isArray(events) ? events : []));
  return { execution_id: id, data, receipt: pages.at(-1)?.receipt ?? null };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { keys: { type: "string" } }, allowPositionals: true });
  if (values.keys === undefined || positionals.length === 0) throw new Error("It needs the keys and a history.");
  const history = joined(positionals);
  const verified = await verifyHistory(history, readJson(values.keys));
  if (!verified.ok) {
    const where = verified.event === undefined ? "" : `event ${verified.event}: `;
    complain(`${history.execution_id} is NOT what was signed: ${where}${verified.reason}`);
    return 1;
  }
  const { workflow, status, events, signed_at, key_id } = verified.receipt;
  process.stdout.write(
    `${history.execution_id} is what was signed: ${workflow.slug}@${workflow.version}, ${status}, ${events} events\n`,
  );
  process.stdout.write(`signed at ${signed_at} with the key ${key_id}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  complain(error instanceof Error ? error.message : String(error));
  complain(USAGE);
  process.exitCode = 2;
}
process.channel?.unref();
