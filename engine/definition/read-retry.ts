import { RUN_ERROR_CODES } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { nearestName } from "../source/nearest-name.ts";
import { type BlockReader, type Names, withoutUndefined } from "./block-reader.ts";
import { type FieldTable, readShape, readWhole, type Shape, type ValuesOf } from "./field.ts";
import { boolean, custom, duration, integer, number } from "./field-kinds.ts";
import { shapeSchema } from "./shape-schema.ts";
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

/** Offers the words as they are and takes them in any case. */
function inAnyCase(words: readonly string[]): JsonObject {
  const letter = (char: string) => (/[a-z]/i.test(char) ? `[${char.toLowerCase()}${char.toUpperCase()}]` : char);
  const pattern = words.map((word) => [...word].map(letter).join("")).join("|");
  return { anyOf: [{ enum: [...words] }, { type: "string", pattern: `^(?:${pattern})$` }] };
}

/** One code alone is a list of one. */
const CODE_SCHEMA = inAnyCase([...RETRYABLE, ...Object.keys(OTHER_WORDS)]);
const CODES_SCHEMA: JsonObject = { anyOf: [CODE_SCHEMA, { type: "array", items: CODE_SCHEMA }] };

const FIELDS = {
  max_attempts: integer("How often it is tried; the first try counts.", 1, 100, { also: ["maxAttempts"] }),
  backoff: custom(
    "How the delay grows: none (one attempt), fixed, linear or exponential.",
    inAnyCase(BACKOFFS),
    readBackoff,
    { also: ["retryStrategy", "retry_strategy"], nullIsAbsent: false },
  ),
  initial_delay_ms: integer("The delay before the second try, in milliseconds.", 0, DAY_MS, {
    also: ["initialDelayMs"],
  }),
  initial_delay: duration("The delay before the second try.", 0, { also: ["initialDelay"] }),
  max_delay_ms: integer("No delay is longer, in milliseconds; a Retry-After is honoured up to it.", 0, 7 * DAY_MS, {
    also: ["maxDelayMs"],
  }),
  max_delay: duration("No delay is longer; a Retry-After is honoured up to it.", 0, { also: ["maxDelay"] }),
  backoff_factor: number("By how much an exponential delay grows with each try (2).", 0, 100, {
    also: ["backoffFactor"],
  }),
  jitter: boolean("Whether a delay varies by ± 20 %; false makes it exact."),
  retry_on: custom(`Only after these codes: ${RETRYABLE.join(", ")}.`, CODES_SCHEMA, readCodes, { also: ["retryOn"] }),
} satisfies FieldTable;

/** The members of a `retry` block. */
export const RETRY: Shape<typeof FIELDS> = { fields: FIELDS };

/** `retry {max_attempts, backoff, …}` in every accepted spelling (section 3), as far as it is written. */
export const RETRY_FIELD = custom(
  "What happens after a failure: how often it is tried again, after which codes, and how long after.",
  shapeSchema(RETRY),
  (block, names, owner) => {
    const member = block.member(names);
    const retry = member && block.inside(member);
    return retry && policyOf(readWhole(retry, RETRY, `retry of ${owner}`));
  },
  { also: ["retry_policy", "retryPolicy"], nullIsAbsent: false },
);

/** As the field, for blocks that are not read from a table. */
export function readRetry(block: BlockReader, owner: string): PartialRetry | undefined {
  return RETRY_FIELD.read(block, ["retry", ...RETRY_FIELD.also], owner);
}

/** The members of a retry block. Connectors and actions write theirs the same way. */
export function readRetryBlock(retry: BlockReader): PartialRetry {
  return policyOf(readShape(retry, RETRY, "retry"));
}

function policyOf(values: ValuesOf<typeof FIELDS>): PartialRetry {
  return withoutUndefined<PartialRetry>({
    maxAttempts: values.max_attempts,
    backoff: values.backoff,
    initialDelayMs: values.initial_delay_ms ?? values.initial_delay,
    maxDelayMs: values.max_delay_ms ?? values.max_delay,
    backoffFactor: values.backoff_factor,
    jitter: values.jitter,
    retryOn: values.retry_on,
  });
}

function readBackoff(retry: BlockReader, names: Names): PartialRetry["backoff"] {
  const member = retry.member(names);
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

function readCodes(retry: BlockReader, names: Names): string[] | undefined {
  const member = retry.member(names);
  const codes = retry.texts(names);
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
