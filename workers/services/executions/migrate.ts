import type { MigrateBody } from "../../../contracts/api/execution-acts.ts";
import type { Result } from "../../../contracts/errors.ts";
import type { MigrateCommand, Migration } from "../../../contracts/migration.ts";
import type { Context } from "../context.ts";
import { onCell } from "../object-calls.ts";
import { actId } from "./act-id.ts";
import { unknownExecution } from "./get.ts";
import { nextVersion } from "./next-version.ts";

/** Goes on with an execution in another version, or says what that would mean. With an Idempotency-Key once. */
export async function migrateExecution(
  context: Context,
  executionId: string,
  body: MigrateBody,
  idempotencyKey: string | undefined,
): Promise<Result<Migration>> {
  const { ports, caller } = context;
  const cell = ports.placement.locate(caller, executionId);
  const plan = cell === null ? null : await onCell(ports, cell, (it) => it.planOf(executionId));
  if (cell === null || plan === null) return unknownExecution();
  const next = await nextVersion(context, executionId, plan, body);
  if (!next.ok) return next;
  const { digest, source, inputs, env } = next.value;
  const command: MigrateCommand = {
    digest,
    source,
    inputs,
    env,
    actor: caller.keyId,
    act: actId(ports, body, idempotencyKey),
    dryRun: body.dry_run ?? false,
  };
  return (await onCell(ports, cell, (it) => it.migrate(executionId, command))) ?? unknownExecution();
}
