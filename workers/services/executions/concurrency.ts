import { success, type Result } from "../../../contracts/errors.ts";
import type { ConcurrencyRule } from "../../../contracts/rpc.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { WorkflowDefinition } from "../../../engine/definition/types.ts";
import { compileValue, ExpressionError } from "../../../engine/expressions/index.ts";
import type { Compiled, Scope } from "../../../engine/expressions/types.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";

/** Longer than any name of a customer, order or region; the tenant object keeps a row for each. */
const LONGEST_KEY = 500;

function compiledKey(concurrency: JsonObject): Compiled {
  const result = compileValue(concurrency.key ?? "");
  if (!result.ok) throw new Error("the concurrency key of a validated workflow does not compile");
  return result.compiled;
}

/** Names under `env.` that the concurrency key reads, `*` for all. */
export function concurrencyEnvNames({ concurrency }: WorkflowDefinition): string[] {
  if (concurrency === undefined) return [];
  const references = compiledKey(concurrency).references.filter(({ root }) => root === "env");
  return references.map(({ path }) => path[0] ?? "*");
}

/** As in a template: null is empty, lists and maps are JSON. */
function asText(value: Json): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}

function strategyOf(written: Json | undefined): ConcurrencyRule["strategy"] {
  return written === "cancel_running" || written === "reject" ? written : "queue";
}

/**
 * The workflow's concurrency rule for one start, its key evaluated (sections 2 and 20). Keys are those of the workflow: two
 * workflows with equal keys do not wait for each other. Undefined without a rule.
 */
export function concurrencyRule(
  { slug, concurrency }: WorkflowDefinition,
  scope: Scope,
): Result<ConcurrencyRule | undefined> {
  if (concurrency === undefined) return success(undefined);
  let key: string;
  try {
    key = asText(compiledKey(concurrency).evaluate(scope));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refused(`cannot be evaluated: ${error.message}`);
  }
  if (key.length > LONGEST_KEY) return refused(`is longer than ${LONGEST_KEY} characters.`);
  const limit = typeof concurrency.limit === "number" ? concurrency.limit : 1;
  return success({ key: `${slug}/${key}`, limit, strategy: strategyOf(concurrency.strategy) });
}

function refused(what: string) {
  return validationFailure([{ path: "/inputs", message: `The workflow's concurrency key ${what}` }]);
}
