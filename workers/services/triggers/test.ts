import type { TestedTrigger, TestTriggerBody } from "../../../contracts/api/triggers.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { containsSecret } from "../../../engine/expressions/index.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { TriggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import type { Context } from "../context.ts";
import { executionLinks } from "../executions/links.ts";
import { startPlanned } from "../executions/start.ts";
import { newId } from "../new-id.ts";
import { resolveWorkflow } from "../workflows/resolve.ts";
import { firingInputs } from "./fire.ts";
import { findTrigger, unknownTrigger } from "./own-triggers.ts";
import { storedTriggerOf } from "./trigger-row.ts";

/**
 * Starts an execution as the trigger would with this payload, or shows what it would be given. The key that tests is who starts
 * it, with its own rights; filters, limits and overlap do not count, and a paused trigger can be tested too.
 */
export async function testTrigger(context: Context, id: string, body: TestTriggerBody): Promise<Result<TestedTrigger>> {
  const row = await findTrigger(context, id);
  if (row === undefined) return unknownTrigger();
  if (containsSecret(body.payload ?? null))
    return validationFailure([
      { path: "/payload", message: 'A member must not be named "$secret": it marks the platform\'s own secrets.' },
    ]);
  const { ports } = context;
  const { spec, inputs, workflow, name } = storedTriggerOf(row);
  const planned = await resolveWorkflow(context, workflow);
  if (!planned.ok) return planned;
  const trigger = {
    type: spec.type,
    trigger_id: id,
    trigger_name: name,
    at: new Date(ports.now()).toISOString(),
    test: true,
    ...cameBy(spec, body, newId(ports, "event")),
  };
  const key = `${id}!${newId(ports, "request")}`;
  const rendered = await firingInputs(context, { inputs, trigger, key }, planned.value);
  if (!rendered.ok) return validationFailure([{ path: "/payload", message: rendered.message }]);
  const shown = { inputs: rendered.inputs, trigger };
  if (body.dry_run === true) return success({ status: "rendered", execution_id: null, poll_url: null, ...shown });
  const outcome = await startPlanned(context, planned.value, {
    body: { workflow, inputs: rendered.inputs },
    triggered: { key, trigger },
  });
  if (!outcome.ok) return outcome;
  const { executionId } = outcome.value;
  return success({
    status: "pending",
    execution_id: executionId,
    poll_url: executionLinks(executionId).poll_url,
    ...shown,
  });
}

/** What a trigger of the kind puts beside the members that all have. */
function cameBy(
  spec: TriggerSpec,
  { payload = null, headers = {}, query = {} }: TestTriggerBody,
  id: string,
): JsonObject {
  switch (spec.type) {
    case "manual":
      return { payload };
    case "schedule":
      return { timezone: spec.timezone, missed: false };
    case "webhook":
      return { method: spec.methods[0] ?? "POST", path: spec.path, headers, query, payload, delivery_id: null };
    case "event": {
      const event = { event_id: id, topic: spec.topic, source: spec.source ?? "api", event: payload };
      return spec.batch ? { ...event, events: [event], count: 1, depth: 0 } : { ...event, depth: 0 };
    }
    default:
      return spec satisfies never;
  }
}
