import type { RetryBody } from "../../../contracts/api/execution-acts.ts";
import type { Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { Context } from "../context.ts";
import { onCell } from "../object-calls.ts";
import { act } from "./act.ts";
import { actId } from "./act-id.ts";
import { unknownExecution } from "./get.ts";
import { nextVersion } from "./next-version.ts";

/** Goes on with an execution that has ended: what was completed is kept. With an Idempotency-Key once. */
export async function retryExecution(
  context: Context,
  executionId: string,
  body: RetryBody,
  idempotencyKey: string | undefined,
): Promise<Result<ExecutionRecord>> {
  const { ports, caller } = context;
  const cell = ports.placement.locate(caller, executionId);
  const plan = cell === null ? null : await onCell(ports, cell, (it) => it.planOf(executionId));
  if (plan === null) return unknownExecution();
  const next = await nextVersion(context, executionId, plan, body);
  if (!next.ok) return next;
  const { digest, source, changed, inputs, env } = next.value;
  return act(
    context,
    executionId,
    {
      type: "retry",
      from: body.from_step,
      inputs,
      env,
      outputs: body.outputs,
      actor: caller.keyId,
      act: actId(ports, body, idempotencyKey),
      plan: changed ? digest : undefined,
    },
    changed ? source : undefined,
  );
}
