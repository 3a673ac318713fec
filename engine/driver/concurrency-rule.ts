import type { WorkflowDefinition } from "../definition/types.ts";
import { compileValue, ExpressionError } from "../expressions/index.ts";
import type { Compiled, Scope } from "../expressions/types.ts";
import type { Json, JsonObject } from "../json.ts";

/** How many executions of one key run at once, and what happens to one more (section 2). */
export interface ConcurrencyRule {
  key: string;
  limit: number;
  strategy: "queue" | "cancel_running" | "reject";
}

/** Longer than any name of a customer, order or region; the tenant object keeps a row for each. */
const LONGEST_KEY = 500;

/** The compiled key of a workflow's `concurrency`. */
export function concurrencyKey(concurrency: JsonObject): Compiled {
  const result = compileValue(concurrency.key ?? "");
  if (!result.ok) throw new Error("the concurrency key of a validated workflow does not compile");
  return result.compiled;
}

/**
 * The workflow's concurrency rule for one start, its key evaluated (sections 2 and 20). Keys are those of the workflow: two
 * workflows with equal keys do not wait for each other. Undefined without a rule; else why the key is none.
 */
export function concurrencyRule(
  { slug, concurrency }: WorkflowDefinition,
  scope: Scope,
): { ok: true; rule: ConcurrencyRule | undefined } | { ok: false; message: string } {
  if (concurrency === undefined) return { ok: true, rule: undefined };
  let key: string;
  try {
    key = asText(concurrencyKey(concurrency).evaluate(scope));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { ok: false, message: `The workflow's concurrency key cannot be evaluated: ${error.message}` };
  }
  if (key.length > LONGEST_KEY) {
    return { ok: false, message: `The workflow's concurrency key is longer than ${LONGEST_KEY} characters.` };
  }
  const limit = typeof concurrency.limit === "number" ? concurrency.limit : 1;
  return { ok: true, rule: { key: `${slug}/${key}`, limit, strategy: strategyOf(concurrency.strategy) } };
}

/** As in a template: null is empty, lists and maps are JSON. */
function asText(value: Json): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}

function strategyOf(written: Json | undefined): ConcurrencyRule["strategy"] {
  return written === "cancel_running" || written === "reject" ? written : "queue";
}
