import type { BlockReader } from "../../engine/definition/block-reader.ts";
import { readRetry, readRetryBlock } from "../../engine/definition/read-retry.ts";
import type { PartialRetry } from "../../engine/definition/types.ts";

const LONGEST_MS = 86_400_000;

/** `timeout` in seconds or with a unit, `timeout_ms`, `timeoutMs`. */
export function readTimeout(block: BlockReader): number | undefined {
  return block.integer(["timeout_ms", "timeoutMs"], 1, LONGEST_MS) ?? block.duration(["timeout"]);
}

/** `retry: {…}`, or the action engine's flat members (`retryStrategy`, `maxAttempts`, …). */
export function readRetryOrFlat(block: BlockReader, owner: string): PartialRetry | undefined {
  const nested = readRetry(block, owner);
  const flat = readRetryBlock(block);
  if (nested !== undefined) return nested;
  return Object.keys(flat).length > 0 ? flat : undefined;
}
