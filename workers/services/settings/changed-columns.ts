import type { PutEnvBody, PutSecretBody } from "../../../contracts/api/settings.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { readScope } from "./read-scope.ts";

/** Columns that a PUT sets besides the value. */
export interface ChangedColumns {
  updatedAt: Date;
  rotatedAt?: Date;
  scope?: string | null;
  rotation?: string | null;
}

/** What is left out of the body stays as it is: a value that is replaced keeps its scope. */
export async function changedColumns(
  context: Context,
  { value, scope, rotation }: PutSecretBody | PutEnvBody,
): Promise<Result<ChangedColumns>> {
  const now = new Date(context.ports.now());
  const read = scope === undefined || scope === null ? undefined : await readScope(context, scope);
  if (read?.ok === false) return read;
  return success({
    updatedAt: now,
    ...(value === undefined ? {} : { rotatedAt: now }),
    ...(scope === undefined ? {} : { scope: read === undefined ? null : JSON.stringify(read.value) }),
    ...(rotation === undefined ? {} : { rotation: rotation === null ? null : JSON.stringify(rotation) }),
  });
}
