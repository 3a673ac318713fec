import { failure, type Result, success } from "../../contracts/errors.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { RunCommand } from "../../engine/run/types.ts";

/** Commands whose caller does not ask for the record: its steps are left out. */
const BRIEF: ReadonlySet<RunCommand["type"]> = new Set(["signal", "message", "decide", "release"]);

/** What whoever steered an execution is told. `taken`: the run took the command now; `before`: it came before, as this one or another. */
export function answerToAct(
  { type }: RunCommand,
  record: ExecutionRecord,
  taken: boolean,
  before: "same" | "other" | null | undefined,
): Result<ExecutionRecord> {
  const { status } = record;
  if (before === "other")
    return failure("CONFLICT", "This Idempotency-Key was used with another request body", { status });
  const done = type === "cancel" ? status === "canceled" || record.phase !== undefined : taken;
  if (!done && before !== "same")
    return failure("CONFLICT", `The execution has already ended: it is ${status}`, { status });
  return success(BRIEF.has(type) ? { ...record, steps: [] } : record);
}
