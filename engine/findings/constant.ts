import { compileCondition, compileValue, ExpressionError } from "../expressions/index.ts";
import type { Compiled, CompileResult, Scope } from "../expressions/types.ts";
import type { Json } from "../json.ts";

/** What an expression gives that looks at nothing of the run: its value, or that it always fails. */
export type Constant = { fails: false; value: Json; truth: boolean } | { fails: true; message: string };

const NOTHING: Scope = { root: () => undefined, now: 0, seed: "", strict: false };

/** The value of a condition (template, bare expression or literal) that is the same in every run; else undefined. */
export function constantCondition(source: Json): Constant | undefined {
  return constantOf(compileCondition(source));
}

/** The same of a tree of templates. */
export function constantValue(source: Json): Constant | undefined {
  return constantOf(compileValue(source));
}

function constantOf(result: CompileResult): Constant | undefined {
  return result.ok && result.compiled.constant ? evaluated(result.compiled) : undefined;
}

function evaluated(compiled: Compiled): Constant {
  try {
    return { fails: false, value: compiled.evaluate(NOTHING), truth: compiled.test(NOTHING) };
  } catch (error) {
    if (error instanceof ExpressionError) return { fails: true, message: error.message };
    throw error;
  }
}

/** True when a condition is there and holds in every run, or false when it holds in none; undefined: it depends. */
export function constantTruth(source: Json | undefined): boolean | undefined {
  const constant = source === undefined ? undefined : constantCondition(source);
  return constant === undefined || constant.fails ? undefined : constant.truth;
}
