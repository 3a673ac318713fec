import { RUN_ERROR_CODES } from "../errors.ts";
import { nearestName } from "../source/nearest-name.ts";
import { type BlockReader, withoutUndefined } from "./block-reader.ts";
import type { PartialRetry } from "./types.ts";

const DAY_MS = 86_400_000;
const BACKOFFS = ["none", "fixed", "linear", "exponential"] as const;
const RETRYABLE: readonly string[] = [...RUN_ERROR_CODES, "UNKNOWN_OUTCOME"];

/** Words that the sources use for a code of the taxonomy. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  RATE_LIMIT: "RATE_LIMITED",
  CANCELLED: "CANCELED",
  TIMED_OUT: "TIMEOUT",
};

/** `retry {max_attempts, backoff, …}` in every accepted spelling (section 3), as far as it is written. */
export function readRetry(block: BlockReader, owner: string): PartialRetry | undefined {
  const member = block.member(["retry", "retry_policy", "retryPolicy"]);
  const retry = member && block.inside(member);
  if (retry === undefined) return undefined;
  const policy = readRetryBlock(retry);
  retry.finish(`retry of ${owner}`);
  return policy;
}

/** The members of a retry block. Connectors and actions write theirs the same way. */
export function readRetryBlock(retry: BlockReader): PartialRetry {
  return withoutUndefined<PartialRetry>({
    maxAttempts: retry.integer(["max_attempts", "maxAttempts"], 1, 100),
    backoff: readBackoff(retry),
    initialDelayMs:
      retry.integer(["initial_delay_ms", "initialDelayMs"], 0, DAY_MS) ??
      retry.duration(["initial_delay", "initialDelay"], 0),
    maxDelayMs:
      retry.integer(["max_delay_ms", "maxDelayMs"], 0, 7 * DAY_MS) ?? retry.duration(["max_delay", "maxDelay"], 0),
    backoffFactor: retry.number(["backoff_factor", "backoffFactor"], 0, 100),
    jitter: retry.boolean(["jitter"]),
    retryOn: readCodes(retry),
  });
}

function readBackoff(retry: BlockReader): PartialRetry["backoff"] {
  const names = ["backoff", "retryStrategy", "retry_strategy"] as const;
  const member = retry.member([...names]);
  if (member === undefined) return undefined;
  const value = member.node.kind === "scalar" ? member.node.value : undefined;
  const word = typeof value === "string" ? value.toLowerCase() : undefined;
  const found = BACKOFFS.find((backoff) => backoff === word);
  if (found === undefined) {
    const suggestion = word === undefined ? undefined : nearestName(word, BACKOFFS);
    retry.context.refuse(member, `${member.entry.key} must be one of ${BACKOFFS.join(", ")}`, suggestion);
  }
  return found;
}

function readCodes(retry: BlockReader): string[] | undefined {
  const member = retry.member(["retry_on", "retryOn"]);
  const codes = retry.texts(["retry_on", "retryOn"]);
  if (member === undefined || codes === undefined) return undefined;
  return codes.map((written) => {
    const upper = written.trim().toUpperCase();
    const code = OTHER_WORDS[upper] ?? upper;
    if (!RETRYABLE.includes(code)) {
      const suggestion = nearestName(upper, RETRYABLE);
      const hint = suggestion === undefined ? `known are ${RETRYABLE.join(", ")}` : `did you mean "${suggestion}"?`;
      retry.context.refuse(member, `retry_on names the unknown code "${written}"; ${hint}`, suggestion);
    }
    return code;
  });
}
