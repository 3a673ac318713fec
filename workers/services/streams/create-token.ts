import type { StreamToken, StreamTokenBody } from "../../../contracts/api/streams.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { Scope } from "../../../contracts/scopes.ts";
import type { Context } from "../context.ts";
import { durationMs } from "../executions/duration-ms.ts";
import { unknownExecution } from "../executions/get.ts";
import { verifyKeyId } from "../keys/verify-id.ts";

const DEFAULT_TTL_MS = 60_000;
const READ: Scope = "executions:read";
const ACT: Scope = "executions:write";

/** A token for streams, for the time that it takes to open one, and to come back to it. */
export async function createStreamToken(context: Context, body: StreamTokenBody): Promise<Result<StreamToken>> {
  const { ports, caller } = context;
  const { execution_id: executionId = null, ttl, types = null, origins = null, commands = false } = body;
  if (executionId !== null && ports.placement.locate(caller, executionId) === null) return unknownExecution();
  if (commands && !caller.scopes.includes(ACT))
    return failure("FORBIDDEN", `This key lacks the scope ${ACT}.`, { scope: ACT });
  // A key is not told apart from a token's later: its object must know it by now.
  if ((await verifyKeyId(ports, caller, caller.keyId)) === null)
    return failure("UNAUTHENTICATED", "The API key is not valid.");
  const expiresAt = ports.now() + (ttl === undefined ? DEFAULT_TTL_MS : durationMs(ttl));
  const { tenantId, environment, keyId } = caller;
  const scopes = commands ? [READ, ACT] : [READ];
  const token = ports.streamTokens.issue({
    tenantId,
    environment,
    executionId,
    keyId,
    scopes,
    types,
    origins,
    expiresAt,
  });
  const path = executionId === null ? "/events/stream" : `/workflows/executions/${executionId}/events`;
  return success({ token, expires_at: new Date(expiresAt).toISOString(), url: `${path}?token=${token}` });
}
