import type { CampaignOrder, CampaignOutcome } from "../../../contracts/campaigns-rpc.ts";
import type { Result } from "../../../contracts/errors.ts";
import type { Context, Ports } from "../context.ts";
import { migrateExecution } from "../executions/migrate.ts";
import { retryExecution } from "../executions/retry.ts";
import { steerExecution } from "../executions/steer.ts";

/** Refusals that another time may not be. */
const TRANSIENT: ReadonlySet<string> = new Set(["RATE_LIMITED", "UNAVAILABLE", "QUOTA_EXCEEDED", "TIMEOUT"]);

/** Acts on some executions of a campaign, with the rights that its key had. Outcomes in their order. */
export function stepCampaign(
  ports: Ports,
  order: CampaignOrder,
  executionIds: readonly string[],
  background: Context["background"],
): Promise<CampaignOutcome[]> {
  const { owner, actor } = order;
  const context: Context = { ports, caller: { ...owner, ...actor, scopes: ["executions:write"] }, background };
  return Promise.all(executionIds.map((id) => outcomeOf(actOn(context, order, id))));
}

/** Its id goes with what is not harmless twice: an execution is acted on once, whatever was killed. */
function actOn(context: Context, order: CampaignOrder, executionId: string): Promise<Result<unknown>> {
  const { action, reason, compensate, version, fromStep } = order;
  switch (action) {
    case "cancel":
      return steerExecution(context, executionId, { type: "cancel", reason, compensate }, order.id);
    case "retry":
      return retryExecution(context, executionId, { version, from_step: fromStep }, order.id);
    case "migrate":
      return migrateExecution(context, executionId, { version: version ?? "latest" }, order.id);
    default:
      return action satisfies never;
  }
}

async function outcomeOf(act: Promise<Result<unknown>>): Promise<CampaignOutcome> {
  try {
    const result = await act;
    if (result.ok) return { kind: "done" };
    const { code, message, retryAfter } = result;
    if (!TRANSIENT.has(code)) return { kind: "refused", code, message };
    return { kind: "later", code, message, ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1_000 }) };
  } catch (error) {
    console.error(JSON.stringify({ level: "warn", message: "a campaign could not act", error: String(error) }));
    return { kind: "later", code: "UNAVAILABLE", message: "The execution cannot be reached right now." };
  }
}
