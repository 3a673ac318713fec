import { success, type Result } from "../../../contracts/errors.ts";
import type { ConcurrencyRule } from "../../../contracts/rpc.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { WorkflowDefinition } from "../../../engine/definition/types.ts";
import { concurrencyKey, concurrencyRule as evaluated } from "../../../engine/driver/concurrency-rule.ts";
import type { Scope } from "../../../engine/expressions/types.ts";

/** Names under `env.` that the concurrency key reads, `*` for all. */
export function concurrencyEnvNames({ concurrency }: WorkflowDefinition): string[] {
  if (concurrency === undefined) return [];
  const references = concurrencyKey(concurrency).references.filter(({ root }) => root === "env");
  return references.map(({ path }) => path[0] ?? "*");
}

/** The workflow's concurrency rule for one start; undefined without one. A key that is none refuses the start. */
export function concurrencyRule(definition: WorkflowDefinition, scope: Scope): Result<ConcurrencyRule | undefined> {
  const answer = evaluated(definition, scope);
  return answer.ok ? success(answer.rule) : validationFailure([{ path: "/inputs", message: answer.message }]);
}
