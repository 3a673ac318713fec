import { readWorkflowValue } from "../../../engine/definition/read-workflows.ts";
import type { PartialRetry } from "../../../engine/definition/types.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Problem } from "../../../engine/source/problem.ts";

/** `overrides.retry` as workflows write it, read by the reader of workflows: of an empty one that has this `retry`. */
export function readRetryOverride(
  retry: JsonObject,
  pointer: string,
): { retry: PartialRetry | undefined; problems: Problem[] } {
  const { workflows, problems } = readWorkflowValue({ name: "overrides", retry, steps: [] });
  return {
    retry: workflows[0]?.definition.retry,
    problems: problems
      .filter(({ path }) => path === "/retry" || path.startsWith("/retry/"))
      .map((problem) => ({ ...problem, path: pointer + problem.path.slice("/retry".length) })),
  };
}
