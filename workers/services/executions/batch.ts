import { type BatchAnswer, startBody } from "../../../contracts/api/executions.ts";
import type { Failure, Result } from "../../../contracts/errors.ts";
import { problemsOfZod } from "../../../contracts/problems-of-zod.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { executionLinks } from "./links.ts";
import type { StartOutcome } from "./send-start.ts";
import { startExecution } from "./start.ts";

/** Starts of one batch in flight at once: enough to share commits in a cell, few enough for its inbox. */
const WIDTH = 50;

type BatchItem = BatchAnswer["data"][number];

function startItem(
  context: Context,
  item: JsonObject,
  idempotencyKey: string | undefined,
): Promise<Result<StartOutcome>> | Failure {
  const parsed = startBody.safeParse(item);
  if (!parsed.success) return validationFailure(problemsOfZod(parsed.error, startBody, item));
  if (parsed.data.execution_mode === "sync") {
    return validationFailure([
      { path: "/execution_mode", message: "A batch starts executions and waits for none: async or isolated." },
    ]);
  }
  return startExecution(context, { body: parsed.data, idempotencyKey });
}

/** Up to a thousand starts, each with a result of its own. With an Idempotency-Key every item has one made of it. */
export async function startBatch(
  context: Context,
  items: readonly JsonObject[],
  idempotencyKey?: string,
): Promise<BatchAnswer> {
  const data: BatchItem[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      const key = idempotencyKey === undefined ? undefined : `${idempotencyKey}#${index}`;
      const started = await startItem(context, items[index] ?? {}, key);
      data[index] = started.ok
        ? {
            index,
            status: "accepted",
            execution_id: started.value.executionId,
            poll_url: executionLinks(started.value.executionId).poll_url,
          }
        : {
            index,
            status: "error",
            code: started.code,
            message: started.message,
            ...(started.details ? { details: started.details } : {}),
          };
    }
  };
  await Promise.all(Array.from({ length: Math.min(WIDTH, items.length) }, worker));
  return { data };
}
